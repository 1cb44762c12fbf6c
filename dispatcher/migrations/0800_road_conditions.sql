-- What holds on the roads: each change is a row of its own, the newest holds; the others tell who closed what and when.
CREATE TABLE road_conditions (
    version BIGINT NOT NULL PRIMARY KEY, -- 1, 2, 3, …: a change is written only over the version it was made from
    set_at BIGINT NOT NULL,
    set_by TEXT NOT NULL,                -- the API key's name
    closures TEXT NOT NULL,              -- JSON: closed places, each with its reason and until when
    factors TEXT NOT NULL                -- JSON: how many times longer a class of road takes
);
