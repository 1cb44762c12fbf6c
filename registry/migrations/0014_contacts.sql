-- Who answers for an organisation's list, and is asked whether what it lists is still there.
CREATE TABLE organisation_contact (
    id TEXT PRIMARY KEY,
    organisation_id TEXT NOT NULL REFERENCES organisation (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    phone TEXT NOT NULL,
    email TEXT,
    stopped_at BIGINT,              -- when they wrote STOPP
    changed_at BIGINT NOT NULL,
    UNIQUE (organisation_id, phone)
);
CREATE INDEX organisation_contact_by_phone ON organisation_contact (phone);
