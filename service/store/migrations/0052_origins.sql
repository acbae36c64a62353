-- Where readings came from that did not come live from a logger: who brought them, when, and the bytes themselves.

-- A change may touch all that a logger ever measures, by probes that are still to be heard too.
ALTER TABLE change_reaches
    ADD COLUMN logger_id text REFERENCES loggers,
    DROP CONSTRAINT change_reaches_check,
    ADD CONSTRAINT change_reaches_check CHECK (num_nonnulls(lot_id, container_id, series_id, logger_id) = 1);

CREATE INDEX change_reaches_by_logger ON change_reaches (logger_id) WHERE logger_id IS NOT NULL;

-- Bytes by their SHA-256; content is NULL where there was no room for it.
CREATE TABLE documents (
    sha256      bytea PRIMARY KEY CHECK (octet_length(sha256) = 32),
    size        bigint NOT NULL,
    content     bytea,
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now()
);

-- What is packed already is not packed again.
ALTER TABLE documents ALTER COLUMN content SET STORAGE EXTERNAL;

CREATE TRIGGER documents_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON documents EXECUTE FUNCTION refuse_change();

CREATE TABLE origins (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('http', 'file', 'redrive')),
    sha256      bytea NOT NULL REFERENCES documents,
    brought_by  text NOT NULL DEFAULT acting_as('actor'),
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    change_id   bigint REFERENCES changes_to_sign
);

-- What a series measured over [from_at, until_at) rests on an origin: from the reading before those that were brought to
-- the one after them, where they are no farther apart than readings may be. As the logger's clock said.
CREATE TABLE brought_readings (
    origin_id bigint NOT NULL REFERENCES origins,
    series_id integer NOT NULL REFERENCES series,
    from_at   timestamptz NOT NULL,
    until_at  timestamptz NOT NULL,
    readings  integer NOT NULL
);

CREATE INDEX brought_readings_by_series ON brought_readings (series_id, from_at);

CREATE TRIGGER brought_readings_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON brought_readings
    EXECUTE FUNCTION refuse_change();

CALL keep_trail('origins', 'everybody', 'id');
