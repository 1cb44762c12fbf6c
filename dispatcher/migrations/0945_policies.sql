-- Call-out policies that the board has written at /policies. Before the first is approved, those of the file or of the program hold.
CREATE TABLE policy_proposal (
    id TEXT NOT NULL PRIMARY KEY,
    based_on BIGINT NOT NULL,    -- the version in force that it was written against; 0: none has been approved yet
    text TEXT NOT NULL,          -- the whole of the policies, TOML
    reason TEXT NOT NULL,
    proposed_at BIGINT NOT NULL,
    proposed_by TEXT NOT NULL,   -- an account
    state TEXT NOT NULL,         -- open, approved, withdrawn
    settled_at BIGINT,
    settled_by TEXT              -- an account; never the one that proposed, where it is approved
);
CREATE INDEX policy_proposal_at ON policy_proposal (proposed_at);
-- Numbers without gaps: a version is written only over the one that its proposal was written against. The highest is in force.
CREATE TABLE policy_version (
    number BIGINT NOT NULL PRIMARY KEY, -- 1, 2, 3, …
    proposal TEXT NOT NULL UNIQUE REFERENCES policy_proposal (id)
);
