-- The year in which somebody was born: with the name, what tells two people apart who are one. Nobody has to say it.
ALTER TABLE volunteer ADD COLUMN birth_year BIGINT CHECK (birth_year BETWEEN 1900 AND 2200);
