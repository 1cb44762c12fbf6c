-- Since when no row is moved from a key any more: it stays readable for a while, for rows that were written late.
ALTER TABLE seal_key ADD COLUMN left_at BIGINT;
