-- The newest known place of each volunteer, one row a person; no trails.
-- No reference to `volunteer`: one person erased meanwhile must not fail the batch of all the others.
CREATE TABLE last_position (
    volunteer_id TEXT PRIMARY KEY,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    accuracy_m DOUBLE PRECISION, -- metres; NULL when the phone did not know
    fixed_at BIGINT NOT NULL, -- when the phone was there
    received_at BIGINT NOT NULL
);
