-- Where a calendar is fetched from again and again; one without was sent as a file.
ALTER TABLE calendar_import ADD COLUMN address TEXT;
-- When it is fetched next.
ALTER TABLE calendar_import ADD COLUMN fetch_at BIGINT;
-- Why it brought nothing the last time: a word of the program's.
ALTER TABLE calendar_import ADD COLUMN failure TEXT;
CREATE INDEX calendar_import_by_fetch ON calendar_import (fetch_at);
