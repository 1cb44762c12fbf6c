-- What the board has said of kinds of resource: those of the program that it has changed, and those that it has added. What is not
-- here is as the program has it (`catalogue`). Rows stay: events, decisions and policies name kinds.
CREATE TABLE resource_kind (
    code TEXT NOT NULL PRIMARY KEY,
    name_sv TEXT NOT NULL,
    name_en TEXT NOT NULL,
    the_sv TEXT NOT NULL,        -- the same in the middle of a sentence
    the_en TEXT NOT NULL,
    season TEXT,                 -- for each that names none of its own
    licence TEXT,
    confirmed_months BIGINT,     -- NULL: nobody is asked to confirm one
    brought BOOLEAN NOT NULL,
    retired BOOLEAN NOT NULL,
    changed_at BIGINT NOT NULL
);
