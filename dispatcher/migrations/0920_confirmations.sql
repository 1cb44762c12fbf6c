-- What keepers were asked by text message: whether a thing is there and in order. One row for each thing, of the latest question.
-- No reference to `resource`: whoever takes a person out takes these away, too (`own/leave.rs`).
CREATE TABLE confirmation_asked (
    resource_id TEXT PRIMARY KEY,
    period TEXT NOT NULL,            -- the day of the confirmation that runs out, ISO 8601; '' where there was none
    stage TEXT NOT NULL,             -- 'due', 'lapsed'
    asked TEXT NOT NULL,             -- volunteer:ID or contact:ID
    asked_at BIGINT NOT NULL,
    answered_at BIGINT
);
CREATE INDEX confirmation_asked_of ON confirmation_asked (asked);
