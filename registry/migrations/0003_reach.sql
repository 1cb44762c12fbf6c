-- What the last test of the ways to each person showed, or their own word since. Not part of what a list says, and
-- no reason to look at the registry again: it has no part in the revision.
CREATE TABLE volunteer_reach (
    volunteer_id TEXT PRIMARY KEY REFERENCES volunteer (id),
    reach TEXT NOT NULL,    -- 'answered', 'delivered', 'unreachable'
    at BIGINT NOT NULL
);
CREATE INDEX volunteer_reach_unreachable ON volunteer_reach (volunteer_id) WHERE reach = 'unreachable';
