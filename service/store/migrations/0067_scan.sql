-- What is scanned: codes of other kinds than GS1's, as they are read, and what each stands for; and lots found by what is
-- printed on them, in any case.

CREATE TABLE aliases (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    code          text NOT NULL CHECK (code <> ''),
    lot_id        text REFERENCES lots,
    container_id  text REFERENCES containers,
    logger_id     text REFERENCES loggers,
    recorded_by   text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    struck_at     timestamptz,
    struck_reason text,
    CHECK (num_nonnulls(lot_id, container_id, logger_id) = 1),
    CHECK ((struck_at IS NULL) = (struck_reason IS NULL))
);

CREATE UNIQUE INDEX aliases_by_code ON aliases (code) WHERE struck_at IS NULL;

CREATE INDEX lots_by_number_in_any_case ON lots (lower(lot_number));

CREATE INDEX lots_by_id_in_any_case ON lots (lower(id));

CALL keep_trail('aliases', 'everybody', 'id');
