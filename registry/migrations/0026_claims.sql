-- Competences that people who are on the list already say they have, with the certificate that shows it: the board has yet to look.
CREATE TABLE competence_claim (
    certificate_id TEXT NOT NULL PRIMARY KEY REFERENCES certificate (id) ON DELETE CASCADE,
    volunteer_id TEXT NOT NULL REFERENCES volunteer (id) ON UPDATE CASCADE ON DELETE CASCADE,
    competence TEXT NOT NULL,
    expires TEXT,                -- the last day on which the certificate counts, as they say
    claimed_at BIGINT NOT NULL
);
CREATE INDEX competence_claim_by_volunteer ON competence_claim (volunteer_id);
