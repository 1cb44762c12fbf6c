-- What a thing needs: a season, whenever that is this year, and a licence of whoever takes it. When somebody last said that it
-- is there and in order, and who; from which day it is there no more. Days are ISO 8601.
ALTER TABLE resource ADD COLUMN season TEXT;
ALTER TABLE resource ADD COLUMN licence TEXT;
ALTER TABLE resource ADD COLUMN confirmed_on TEXT;
ALTER TABLE resource ADD COLUMN confirmed_by TEXT;  -- account:ID, volunteer:ID …; NULL: a file said so
ALTER TABLE resource ADD COLUMN retired_on TEXT;
CREATE INDEX resource_by_keeper ON resource (keeper_id);
CREATE INDEX resource_by_organisation ON resource (organisation_id);

-- The seasons that are on now, as the board says; those that are not here are over.
CREATE TABLE season (
    season TEXT PRIMARY KEY,
    since BIGINT NOT NULL
);
