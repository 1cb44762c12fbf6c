-- The calendar that somebody's own programs fetch, by a secret address.
CREATE TABLE calendar_feed (
    volunteer_id TEXT NOT NULL PRIMARY KEY REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    secret TEXT NOT NULL UNIQUE, -- SHA-256 in hex
    made_at BIGINT NOT NULL
);

-- Which of somebody's exceptions came from which calendar of theirs: the next file replaces these and no others.
CREATE TABLE calendar_import (
    volunteer_id TEXT NOT NULL REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    name TEXT NOT NULL,
    exceptions TEXT NOT NULL,
    imported_at BIGINT NOT NULL,
    PRIMARY KEY (volunteer_id, name)
);
