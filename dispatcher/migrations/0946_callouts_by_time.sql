-- What an alarm writes lies together: an alarm waits for every page. Call-outs are found by when they were asked (a link tells the
-- second), which is one tree instead of three; nothing is looked up elsewhere for each row, since only the engine writes here, with the incident.
CREATE TABLE callouts_by_time (
    asked_at BIGINT NOT NULL,
    responder TEXT NOT NULL,
    incident_id TEXT NOT NULL,
    code BIGINT NOT NULL,
    secret_hash TEXT NOT NULL,
    PRIMARY KEY (asked_at, responder, incident_id)
) /* SQLite: WITHOUT ROWID */;
INSERT INTO callouts_by_time (asked_at, responder, incident_id, code, secret_hash)
    SELECT asked_at, responder, incident_id, code, secret_hash FROM callouts;
DROP TABLE callouts;
ALTER TABLE callouts_by_time RENAME TO callouts;

CREATE TABLE engaged (
    responder TEXT NOT NULL PRIMARY KEY,
    incident_id TEXT NOT NULL,
    since BIGINT NOT NULL
) /* SQLite: WITHOUT ROWID */;
INSERT INTO engaged (responder, incident_id, since) SELECT responder, incident_id, since FROM engagements;
DROP TABLE engagements;
ALTER TABLE engaged RENAME TO engagements;
