-- Named places and addresses, by the file they came from: importing a file again replaces what it brought before.
CREATE TABLE place_sources (
    source TEXT NOT NULL PRIMARY KEY,
    imported_at BIGINT NOT NULL
);
CREATE TABLE places (
    source TEXT NOT NULL REFERENCES place_sources (source),
    number BIGINT NOT NULL,
    name TEXT NOT NULL,
    within TEXT NOT NULL,            -- municipality, postal town; may be empty
    kind TEXT NOT NULL,
    lat DOUBLE PRECISION NOT NULL,
    lon DOUBLE PRECISION NOT NULL,
    accuracy_m BIGINT NOT NULL,
    PRIMARY KEY (source, number)
);
