-- What an opened door may do to the air probes of a container whose mapping study shows that the lots stay cold.

ALTER TABLE containers
    ADD COLUMN mapping_study text,
    ADD COLUMN door_grace_s integer NOT NULL DEFAULT 0 CHECK (door_grace_s BETWEEN 0 AND 3600),
    ADD CONSTRAINT door_grace_rests_on_a_study CHECK (door_grace_s = 0 OR mapping_study IS NOT NULL);

CREATE TABLE door_graces (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    container_id  text NOT NULL REFERENCES containers,
    door_grace_s  integer NOT NULL,
    mapping_study text,
    reason        text NOT NULL,
    recorded_by   text NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX door_graces_by_container ON door_graces (container_id);
