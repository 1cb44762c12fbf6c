-- Tests of the ways to everybody: a slice of people each minute is written to; when the time for answers is over, what
-- was found is written into the registry, a slice at a time.
CREATE TABLE channel_tests (
    name TEXT PRIMARY KEY,           -- '2026-12', or the time at which somebody began it by hand
    begun_at BIGINT NOT NULL,
    answer_ms BIGINT NOT NULL,       -- how long people have to answer after the last of them was written to
    phase TEXT NOT NULL,             -- 'asking', 'settling', 'settled'
    done_to TEXT NOT NULL,           -- the last volunteer of this phase's latest slice; '' before the first
    wake_at BIGINT,                  -- when the next slice is due; NULL: never
    answered BIGINT NOT NULL DEFAULT 0,
    delivered BIGINT NOT NULL DEFAULT 0,
    unreachable BIGINT NOT NULL DEFAULT 0
);
