-- Incidents: the state that compare-and-set guards, and the log it can be rebuilt from.
CREATE TABLE incidents (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL,
    phase TEXT NOT NULL,
    raised_at BIGINT NOT NULL,
    changed_at BIGINT NOT NULL,
    wake_at BIGINT,
    state TEXT NOT NULL
);
CREATE INDEX incidents_wake_at ON incidents (wake_at) WHERE wake_at IS NOT NULL;
CREATE INDEX incidents_changed_at ON incidents (changed_at);

CREATE TABLE incident_events (
    incident_id TEXT NOT NULL REFERENCES incidents (id),
    seq BIGINT NOT NULL,
    at BIGINT NOT NULL,
    event TEXT NOT NULL,
    PRIMARY KEY (incident_id, seq)
);

-- What each search looked at, and why.
CREATE TABLE decisions (
    incident_id TEXT NOT NULL REFERENCES incidents (id),
    search BIGINT NOT NULL,
    record TEXT NOT NULL,
    PRIMARY KEY (incident_id, search)
);

-- Who was called out, under which secret link and answer code.
CREATE TABLE callouts (
    incident_id TEXT NOT NULL REFERENCES incidents (id),
    responder TEXT NOT NULL,
    code BIGINT NOT NULL,
    secret_hash TEXT NOT NULL UNIQUE,
    asked_at BIGINT NOT NULL,
    PRIMARY KEY (incident_id, responder)
);

-- One row per person who is asked or kept: nobody is on two call-outs at once, on however many nodes.
CREATE TABLE engagements (
    responder TEXT NOT NULL PRIMARY KEY,
    incident_id TEXT NOT NULL REFERENCES incidents (id),
    since BIGINT NOT NULL
);
