-- Duty as it is written in a file: 'yes', 'no', 'no:2026-11-24T17:00:00.000Z', 'stopped'.
ALTER TABLE volunteer ADD COLUMN duty TEXT NOT NULL DEFAULT 'yes';
UPDATE volunteer SET duty = 'no' WHERE NOT on_duty;
ALTER TABLE volunteer DROP COLUMN on_duty;
