-- Who may claim, how many leases were given out, how many replies have arrived: one row each.
-- Updating a row is also the lock that puts concurrent workers in line, the same on both databases.
CREATE TABLE bridge_turns (
    name TEXT NOT NULL PRIMARY KEY,
    number BIGINT NOT NULL
);
INSERT INTO bridge_turns (name, number) VALUES ('lease', 0), ('receipt', 0), ('inbound', 0);

CREATE TABLE bridge_messages (
    id TEXT NOT NULL PRIMARY KEY,
    reference TEXT NOT NULL,
    recipient TEXT NOT NULL,
    body TEXT NOT NULL,
    lane BIGINT NOT NULL,            -- 0 alarm, 1 notice, 2 only waiting for a receipt; smaller goes first
    stored_at BIGINT NOT NULL,
    valid_until BIGINT NOT NULL,
    state TEXT NOT NULL,             -- the latest milestone
    state_at BIGINT NOT NULL,
    history TEXT NOT NULL,           -- milestones after the first: ' transmitted:1795400000000 accepted:…'
    wake_at BIGINT,                  -- when the worker must look at it next; NULL: never
    attempt BIGINT NOT NULL,
    lease_no BIGINT NOT NULL,        -- fencing number of the last claim
    reconciled BIGINT NOT NULL,      -- how often the gateway was asked what became of this attempt
    cancel_asked BOOLEAN NOT NULL,   -- cancelled while in flight: must not be tried again
    unreported BOOLEAN NOT NULL,     -- the latest milestone is still to be reported upward
    gateway TEXT,                    -- that has or had the last attempt
    provider_id TEXT,
    reason TEXT
);
CREATE INDEX bridge_messages_to_wake ON bridge_messages (lane, wake_at, id) WHERE wake_at IS NOT NULL;
CREATE INDEX bridge_messages_unreported ON bridge_messages (state_at, id) WHERE unreported;
CREATE INDEX bridge_messages_by_reference ON bridge_messages (reference, id);
CREATE INDEX bridge_messages_by_provider ON bridge_messages (gateway, provider_id) WHERE provider_id IS NOT NULL;

-- Receipts that named a provider's id before we had written that id down.
CREATE TABLE bridge_early_receipts (
    gateway TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    at BIGINT NOT NULL,
    PRIMARY KEY (gateway, provider_id, status)
);

CREATE TABLE bridge_inbox (
    id BIGINT NOT NULL PRIMARY KEY,  -- order of arrival
    gateway TEXT NOT NULL,
    provider_id TEXT NOT NULL,
    sender TEXT NOT NULL,
    body TEXT NOT NULL,
    received_at BIGINT NOT NULL,
    handled_at BIGINT,
    outcome TEXT,
    UNIQUE (gateway, provider_id)
);
CREATE INDEX bridge_inbox_unhandled ON bridge_inbox (id) WHERE handled_at IS NULL;
