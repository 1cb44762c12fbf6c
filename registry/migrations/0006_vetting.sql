-- The history of each person's vetting. Accounts may be removed, what they did stays: no key refers to them.
-- There is no column for what a background check said.
CREATE TABLE vetting_entry (
    volunteer_id TEXT NOT NULL REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    number BIGINT NOT NULL, -- 1, 2, 3 … of a person: whoever comes second with a number is refused
    at BIGINT NOT NULL,
    account TEXT,           -- who took the step; none where a list was taken over
    step TEXT NOT NULL,
    day TEXT,               -- of the interview, of seeing the check, of signing
    until TEXT,             -- the last day of an approval; of a check, the day on which the next is due
    official_1 TEXT,        -- who saw the check
    official_2 TEXT,
    form TEXT,              -- 'digital', 'paper'
    version TEXT,           -- of the agreement
    vetting TEXT,           -- what the list said
    PRIMARY KEY (volunteer_id, number),
    CHECK ((account IS NULL) = (step = 'taken_over')),
    CHECK (official_1 <> official_2)
);

-- What each history adds up to, as far as lists of many people need it; written together with the last entry.
CREATE TABLE vetting_standing (
    volunteer_id TEXT PRIMARY KEY REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    entries BIGINT NOT NULL,
    stage TEXT NOT NULL,    -- as it is while nothing lapses
    check_due TEXT,
    approved_until TEXT,
    since BIGINT NOT NULL
);

INSERT INTO vetting_entry (volunteer_id, number, at, step, until, vetting)
    SELECT id, 1, changed_at, 'taken_over', vetted_until, vetting FROM volunteer;
INSERT INTO vetting_standing (volunteer_id, entries, stage, approved_until, since)
    SELECT id, 1, CASE vetting WHEN 'approved' THEN 'active' ELSE vetting END, vetted_until, changed_at FROM volunteer;
