-- Phones and browsers that a person has let us push to.
CREATE TABLE bridge_devices (
    phone TEXT NOT NULL,
    kind TEXT NOT NULL,              -- web_push, fcm, apns
    address TEXT NOT NULL,           -- a subscription as JSON, or a token
    added_at BIGINT NOT NULL,
    PRIMARY KEY (phone, kind, address)
);
