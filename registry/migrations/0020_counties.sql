-- The county of each row: a code (`County`). '': as before there were any, until the next start writes the installation's
-- (`store::county::settle`).
ALTER TABLE organisation ADD COLUMN county TEXT NOT NULL DEFAULT '';
ALTER TABLE volunteer ADD COLUMN county TEXT NOT NULL DEFAULT '';
ALTER TABLE resource ADD COLUMN county TEXT NOT NULL DEFAULT '';
CREATE INDEX volunteer_by_county ON volunteer (county, folded, id);
CREATE INDEX volunteer_by_organisation ON volunteer (organisation_id);

-- How far rights go: a county's code, or '*' for every county; and the one organisation whose list somebody keeps.
ALTER TABLE account ADD COLUMN county TEXT NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN organisation_id TEXT REFERENCES organisation (id);
ALTER TABLE api_key ADD COLUMN county TEXT NOT NULL DEFAULT '';

-- Ice on the lakes of one county is no ice on those of another.
CREATE TABLE county_season (
    county TEXT NOT NULL,
    season TEXT NOT NULL,
    since BIGINT NOT NULL,
    PRIMARY KEY (county, season)
);
INSERT INTO county_season (county, season, since) SELECT '', season, since FROM season;
DROP TABLE season;
