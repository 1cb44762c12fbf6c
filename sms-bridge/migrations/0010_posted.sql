-- Alarms that were claimed as they were stored, all of one commit in one row, until they are written out as rows of bridge_messages:
-- by whoever takes a turn next. Only where nobody else writes meanwhile (SQLite). A row counts only between a commit and the next turn;
-- a migration that changes bridge_messages finds none, but after a crash at that very moment.
CREATE TABLE bridge_posted (
    id TEXT NOT NULL PRIMARY KEY,    -- that of its first message
    stored_at BIGINT NOT NULL,
    messages TEXT NOT NULL,          -- a JSON array of rows, each an array
    damaged BOOLEAN NOT NULL         -- it could not be read, and waits for somebody to look at it
) /* SQLite: WITHOUT ROWID */;
