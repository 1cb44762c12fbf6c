-- Several ways to say one thing to one person: messages with the same ladder, tried in the order of their rungs.
ALTER TABLE bridge_messages ADD COLUMN ladder TEXT;                                     -- id of the first; NULL: the only way
ALTER TABLE bridge_messages ADD COLUMN rung BIGINT NOT NULL DEFAULT 0;
ALTER TABLE bridge_messages ADD COLUMN unless_delivered BOOLEAN NOT NULL DEFAULT FALSE; -- withdrawn when another arrives
CREATE INDEX bridge_messages_by_ladder ON bridge_messages (ladder, rung) WHERE ladder IS NOT NULL;
