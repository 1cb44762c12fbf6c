-- Passkeys: what somebody signs in with instead of a password. The private part never leaves their phone, computer or key.
CREATE TABLE account_passkey (
    id TEXT PRIMARY KEY,             -- the credential's own id, base64url
    account_id TEXT NOT NULL REFERENCES account (id),
    name TEXT NOT NULL,              -- what its holder calls it
    key TEXT NOT NULL,               -- the public key and its counter, as webauthn-rs writes them (JSON)
    created_at BIGINT NOT NULL,
    used_at BIGINT
);
CREATE INDEX account_passkey_by_account ON account_passkey (account_id, created_at);

-- Challenges that browsers are answering just now.
CREATE TABLE account_challenge (
    secret TEXT PRIMARY KEY,         -- SHA-256 in hex of what the browser keeps
    state TEXT NOT NULL,             -- what the answer is checked with
    ends_at BIGINT NOT NULL
);
CREATE INDEX account_challenge_by_end ON account_challenge (ends_at);
