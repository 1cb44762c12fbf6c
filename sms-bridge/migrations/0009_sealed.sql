-- Numbers and words encrypted at rest under the registry's data keys, in the way of its tables: `seal` names the key of a row, 0: as
-- it is. What a number is found by stands in its old column (the number itself, or its keyed hash), the number of a sealed row in
-- `…_sealed`; so do addresses of devices. Rows that have lost number and words are under no key.
ALTER TABLE bridge_messages ADD COLUMN recipient_sealed TEXT;
ALTER TABLE bridge_messages ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
CREATE INDEX bridge_messages_by_seal ON bridge_messages (seal) WHERE seal > 0;   -- empty while nothing is sealed

ALTER TABLE bridge_inbox ADD COLUMN sender_sealed TEXT;
ALTER TABLE bridge_inbox ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
CREATE INDEX bridge_inbox_by_seal ON bridge_inbox (seal) WHERE seal > 0;

ALTER TABLE bridge_parts ADD COLUMN sender_sealed TEXT;
ALTER TABLE bridge_parts ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;

ALTER TABLE bridge_devices ADD COLUMN phone_sealed TEXT;
ALTER TABLE bridge_devices ADD COLUMN address_sealed TEXT;
ALTER TABLE bridge_devices ADD COLUMN seal BIGINT NOT NULL DEFAULT 0;
