-- Pairs of people who look like one and are two, by the word of an official. `one` sorts before `other`.
CREATE TABLE not_same (
    one TEXT NOT NULL REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    other TEXT NOT NULL REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    at BIGINT NOT NULL,
    account TEXT NOT NULL,  -- who said so; accounts may be removed, what they did stays
    PRIMARY KEY (one, other),
    CHECK (one < other)
);
