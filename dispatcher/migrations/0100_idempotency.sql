-- Answers to writes that carried an Idempotency-Key, kept for a day, so that a repetition changes nothing.
CREATE TABLE idempotency (
    key_owner       TEXT NOT NULL,   -- the API key's id
    idempotency_key TEXT NOT NULL,
    fingerprint     TEXT NOT NULL,   -- SHA-256 of method, path and body, in hex
    status          BIGINT NOT NULL,
    body            TEXT NOT NULL,
    created_at      BIGINT NOT NULL, -- milliseconds UTC
    PRIMARY KEY (key_owner, idempotency_key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
