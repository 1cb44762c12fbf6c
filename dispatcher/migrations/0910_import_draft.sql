-- A file that somebody has uploaded, between its preview and their word that it may be imported: one for each of them, gone
-- after half an hour. What is imported is what is here; it cannot be another file than the one that was shown.
CREATE TABLE import_draft (
    actor TEXT PRIMARY KEY,          -- account:ID or key:ID
    preview TEXT NOT NULL,           -- names the preview in which it was shown
    revision BIGINT NOT NULL,        -- the registry's, then
    uploaded_at BIGINT NOT NULL,
    file TEXT NOT NULL               -- the bytes as they came, in base64
);
