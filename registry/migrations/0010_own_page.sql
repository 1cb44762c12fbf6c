-- What people do by themselves: prove that a phone is theirs, sign in at their own page, apply, leave.

-- Codes sent by text message, for as long as what was asked within an hour is counted.
CREATE TABLE phone_code (
    secret TEXT PRIMARY KEY,         -- SHA-256 of what the browser shows that asked for it
    phone TEXT NOT NULL,
    purpose TEXT NOT NULL,           -- 'own_page', 'application'
    code TEXT NOT NULL,              -- SHA-256 of that and the six digits: useless without the browser
    address TEXT NOT NULL,           -- SHA-256 of the network address that asked; '': unknown
    asked_at BIGINT NOT NULL,
    tries BIGINT NOT NULL,
    proven_at BIGINT
);
CREATE INDEX phone_code_by_time ON phone_code (asked_at);

CREATE TABLE volunteer_session (
    secret TEXT PRIMARY KEY,         -- SHA-256 in hex
    volunteer_id TEXT NOT NULL REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    used_at BIGINT NOT NULL,
    ends_at BIGINT NOT NULL
);
CREATE INDEX volunteer_session_by_volunteer ON volunteer_session (volunteer_id);
CREATE INDEX volunteer_session_by_end ON volunteer_session (ends_at);

-- What somebody who applied has agreed to.
CREATE TABLE consent (
    volunteer_id TEXT NOT NULL REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    version TEXT NOT NULL,
    given_at BIGINT NOT NULL,
    words TEXT NOT NULL,             -- as they were shown
    PRIMARY KEY (volunteer_id, version)
);

-- Certificates that came with an application.
CREATE TABLE certificate (
    id TEXT PRIMARY KEY,
    volunteer_id TEXT NOT NULL REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    kind TEXT NOT NULL,              -- 'jpeg', 'png', 'pdf'
    content TEXT NOT NULL,           -- base64: there is no column of bytes that both databases have
    bytes BIGINT NOT NULL,
    received_at BIGINT NOT NULL
);
CREATE INDEX certificate_by_volunteer ON certificate (volunteer_id);

-- The vetting of those who have left, under an identifier that no longer leads to anybody.
CREATE TABLE vetting_archive (
    volunteer_id TEXT NOT NULL,
    number BIGINT NOT NULL,
    at BIGINT NOT NULL,
    account TEXT,
    step TEXT NOT NULL,
    day TEXT,
    until TEXT,
    official_1 TEXT,
    official_2 TEXT,
    form TEXT,
    version TEXT,
    vetting TEXT,
    archived_at BIGINT NOT NULL,
    PRIMARY KEY (volunteer_id, number)
);
CREATE INDEX vetting_archive_by_time ON vetting_archive (archived_at);

-- Files that everybody was written to: each is a look at everybody.
CREATE INDEX audit_entry_exports ON audit_entry (number) WHERE action = 'people.exported';
