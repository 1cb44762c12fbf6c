-- How people answered when they were asked, by day and at night: from it their chance to come is learned. Counted once,
-- when the incident closes; what was cut short or never reached them is not.
CREATE TABLE answers (
    responder TEXT NOT NULL PRIMARY KEY,
    asked_by_day BIGINT NOT NULL,
    came_by_day BIGINT NOT NULL,
    asked_at_night BIGINT NOT NULL,
    came_at_night BIGINT NOT NULL,
    changed_at BIGINT NOT NULL
);
CREATE INDEX answers_by_change ON answers (changed_at);
