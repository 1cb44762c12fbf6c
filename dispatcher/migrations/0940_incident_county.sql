-- The county of whoever raised an incident; '': as before there were any, until the next start writes the installation's
-- (`engine::store::settle`). Beside the state, not in it: no decision looks at it.
ALTER TABLE incidents ADD COLUMN county TEXT NOT NULL DEFAULT '';
