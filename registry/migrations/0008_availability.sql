-- What a person has said beyond the hours of the week, as it is written in a file. The defaults leave everybody as they were.
ALTER TABLE volunteer ADD COLUMN holidays TEXT NOT NULL DEFAULT 'as_usual'; -- 'as_sunday', 'closed'
ALTER TABLE volunteer ADD COLUMN nights BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE volunteer ADD COLUMN exceptions TEXT NOT NULL DEFAULT '';       -- 'no 2026-12-24T00:00/2026-12-27T00:00 resa; …', local time
ALTER TABLE volunteer ADD COLUMN monthly_max BIGINT CHECK (monthly_max > 0);
