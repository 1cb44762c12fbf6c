-- Where people kept on an incident have been while they were; purged some days after it was closed.
CREATE TABLE callout_trail (
    incident_id TEXT NOT NULL REFERENCES incidents (id),
    responder TEXT NOT NULL,
    fixed_at BIGINT NOT NULL, -- when the phone was there
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    accuracy_m DOUBLE PRECISION, -- metres; NULL when the phone did not know
    received_at BIGINT NOT NULL,
    PRIMARY KEY (incident_id, responder, fixed_at)
);
