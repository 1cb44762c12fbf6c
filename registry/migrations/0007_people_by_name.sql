-- The name without marks (`fold`), the list's order and what its search looks at. Written with the name; a row of an earlier
-- version is found again once it is written.
ALTER TABLE volunteer ADD COLUMN folded TEXT NOT NULL DEFAULT '';
CREATE INDEX volunteer_by_name ON volunteer (folded, id);
