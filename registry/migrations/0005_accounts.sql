-- Who may sign in at the pages, where they are signed in, and the audit log.
CREATE TABLE account (
    id TEXT PRIMARY KEY,
    login TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    roles TEXT NOT NULL CHECK (roles <> ''),
    password TEXT NOT NULL,          -- PHC: $argon2id$…
    must_change BOOLEAN NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT
);

CREATE TABLE account_session (
    secret TEXT PRIMARY KEY,         -- SHA-256 in hex
    account_id TEXT NOT NULL REFERENCES account (id),
    created_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX account_session_by_account ON account_session (account_id);
CREATE INDEX account_session_by_end ON account_session (ends_at);

-- Browsers in which an account has been signed in.
CREATE TABLE account_device (
    secret TEXT PRIMARY KEY,         -- SHA-256 in hex
    account_id TEXT NOT NULL REFERENCES account (id),
    used_at BIGINT NOT NULL
);
CREATE INDEX account_device_by_account ON account_device (account_id, used_at);

-- Wrong passwords in a row: for a login, and for a login in a browser that is known to it.
CREATE TABLE account_tries (
    login TEXT NOT NULL,
    device TEXT NOT NULL,            -- hash of the browser's secret; '': any other browser
    failures BIGINT NOT NULL,
    last_at BIGINT NOT NULL,
    PRIMARY KEY (login, device)
);

-- The end of the chain: one row, locked by every append.
CREATE TABLE audit_head (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    number BIGINT NOT NULL,
    hash TEXT NOT NULL
);
INSERT INTO audit_head (one, number, hash)
    VALUES (1, 0, '0000000000000000000000000000000000000000000000000000000000000000');

CREATE TABLE audit_entry (
    number BIGINT PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT NOT NULL,
    action TEXT NOT NULL,
    about TEXT NOT NULL,             -- volunteers' ids, separated by spaces
    detail TEXT NOT NULL,
    hash TEXT NOT NULL
);
-- Which entries are about somebody; made from `about`, so that it need not be in the chain.
CREATE TABLE audit_about (
    volunteer_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    PRIMARY KEY (volunteer_id, number)
);
