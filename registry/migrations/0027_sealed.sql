-- Personal data encrypted at rest: which data keys there are (wrapped by a master key of the key file), and under which each
-- row is written; 0: as it is. What a phone is found by stands in `phone` (the phone itself, or its keyed hash under the row's key); the
-- phone of a sealed row, in `phone_sealed`.
ALTER TABLE registry_revision ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;   -- under which rows are written now

CREATE TABLE seal_key (
    number BIGINT PRIMARY KEY,       -- 0: some rows are still as they were
    wrapped TEXT NOT NULL,           -- the master key's name, a colon, the wrapped key; '' for 0
    made_at BIGINT NOT NULL
);

ALTER TABLE volunteer ADD COLUMN phone_sealed TEXT;
ALTER TABLE volunteer ADD COLUMN home_sealed TEXT;                         -- both numbers; home_lat and home_lon are NULL then
ALTER TABLE volunteer ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
CREATE INDEX volunteer_by_seal ON volunteer (seal);

ALTER TABLE organisation_contact ADD COLUMN phone_sealed TEXT;
ALTER TABLE organisation_contact ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;

ALTER TABLE phone_code ADD COLUMN phone_sealed TEXT;
ALTER TABLE phone_code ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;

ALTER TABLE certificate ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
CREATE INDEX certificate_by_seal ON certificate (seal);

ALTER TABLE account ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;

-- Names are sorted and searched in memory: what was written since a revision of the registry, and who is gone since.
ALTER TABLE volunteer ADD COLUMN written BIGINT NOT NULL DEFAULT 0;
CREATE INDEX volunteer_by_writing ON volunteer (written);
CREATE TABLE volunteer_gone (
    volunteer_id TEXT PRIMARY KEY,   -- leads to nobody any more
    revision BIGINT NOT NULL
);
CREATE INDEX volunteer_gone_by_revision ON volunteer_gone (revision);
DROP INDEX volunteer_by_name;
DROP INDEX volunteer_by_county;
CREATE INDEX volunteer_by_county ON volunteer (county);
ALTER TABLE volunteer DROP COLUMN folded;
