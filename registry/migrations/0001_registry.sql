-- People, organisations, resources and API keys. Lists of words are kept as they are written in a file:
-- 'sv en', 'cpr:2027-05-01 first_aid', 'car foot'. Days are ISO 8601, times milliseconds UTC.

-- One row, locked by every write of the registry: writes follow one another, and a reader of `revision`
-- sees every change up to it.
CREATE TABLE registry_revision (
    one BIGINT PRIMARY KEY CHECK (one = 1),
    revision BIGINT NOT NULL
);
INSERT INTO registry_revision (one, revision) VALUES (1, 0);

CREATE TABLE organisation (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    changed_at BIGINT NOT NULL
);

CREATE TABLE volunteer (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    phone TEXT NOT NULL UNIQUE,
    languages TEXT NOT NULL CHECK (languages <> ''),
    competences TEXT NOT NULL,
    modes TEXT NOT NULL CHECK (modes <> ''),
    home_lat DOUBLE PRECISION,
    home_lon DOUBLE PRECISION,
    on_duty BOOLEAN NOT NULL,
    hours TEXT NOT NULL,
    vetting TEXT NOT NULL,
    vetted_until TEXT,
    organisation_id TEXT REFERENCES organisation (id),
    position_token TEXT UNIQUE, -- SHA-256 in hex; the token itself is shown once and never kept
    changed_at BIGINT NOT NULL,
    CHECK ((home_lat IS NULL) = (home_lon IS NULL)),
    CHECK ((vetted_until IS NULL) = (vetting <> 'approved'))
);

CREATE TABLE resource (
    id TEXT PRIMARY KEY,
    code TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    lat DOUBLE PRECISION,
    lon DOUBLE PRECISION,
    keeper_id TEXT REFERENCES volunteer (id),
    months TEXT NOT NULL,
    organisation_id TEXT REFERENCES organisation (id),
    changed_at BIGINT NOT NULL,
    CHECK ((lat IS NULL) = (lon IS NULL)),
    CHECK ((lat IS NULL) = (keeper_id IS NOT NULL))
);

CREATE TABLE api_key (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    secret TEXT NOT NULL UNIQUE, -- SHA-256 in hex
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
