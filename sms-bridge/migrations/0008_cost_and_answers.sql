-- What the provider says that a message costs, in 1/10 000 of the account's currency; NULL: it says nothing.
ALTER TABLE bridge_messages ADD COLUMN cost BIGINT;
-- Which of our messages a reply answers, where the gateway knows (a key pressed in a call).
ALTER TABLE bridge_inbox ADD COLUMN answers TEXT;
