-- Where exactly a resource hangs or stands, in words, and in which hours of the week it can be reached.
ALTER TABLE resource ADD COLUMN place TEXT;
ALTER TABLE resource ADD COLUMN hours TEXT NOT NULL DEFAULT 'always';
