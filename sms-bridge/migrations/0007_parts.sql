-- Parts of replies whose other parts have not come yet.
CREATE TABLE bridge_parts (
    gateway TEXT NOT NULL,
    sender TEXT NOT NULL,
    reference BIGINT NOT NULL,
    total BIGINT NOT NULL,
    number BIGINT NOT NULL,
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    PRIMARY KEY (gateway, sender, reference, total, number)
);
