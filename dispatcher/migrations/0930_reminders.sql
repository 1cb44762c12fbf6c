-- What somebody was reminded of, written in the transaction of the text message: once for each day that is counted down from.
-- No reference to `volunteer`: whoever takes a person out takes these away, too (`own/leave.rs`).
CREATE TABLE reminder (
    volunteer_id TEXT NOT NULL,
    what TEXT NOT NULL,              -- 'approval', 'background_check', 'certificate:cpr'
    last_day TEXT NOT NULL,
    days BIGINT NOT NULL,            -- how many before, of those in the configuration
    sent_at BIGINT NOT NULL,
    PRIMARY KEY (volunteer_id, what, last_day, days)
);
CREATE INDEX reminder_by_day ON reminder (last_day);
