-- API keys have an end. Those that were made without one get a year from when they were made.
ALTER TABLE api_key ADD COLUMN expires_at BIGINT NOT NULL DEFAULT 0;
UPDATE api_key SET expires_at = created_at + 31536000000;
