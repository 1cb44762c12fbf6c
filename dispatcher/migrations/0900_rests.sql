-- When each person's part in the last incident that they went to was over: from then on they rest, as long as the policy of the
-- next incident says.
CREATE TABLE rests (
    responder TEXT NOT NULL PRIMARY KEY,
    since BIGINT NOT NULL
);
CREATE INDEX rests_since ON rests (since);
