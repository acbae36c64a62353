-- What was measured, what could not be taken, and what waits to be evaluated.

-- No foreign key to series: it would be checked row by row on the hottest path, and only one function writes here.
CREATE TABLE readings (
    series_id     integer NOT NULL,
    measured_at   timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    temperature_c double precision,
    quality       smallint NOT NULL,
    humidity_pct  real,
    battery_v     real,
    seq           bigint,
    PRIMARY KEY (series_id, measured_at)
);

SELECT create_hypertable('readings', by_range('measured_at', INTERVAL '7 days'), create_default_indexes => false);

-- The same key with another temperature: the first reading stays, the second is kept here.
CREATE TABLE reading_conflicts (
    series_id     integer NOT NULL,
    measured_at   timestamptz NOT NULL,
    received_at   timestamptz NOT NULL,
    temperature_c double precision,
    quality       smallint NOT NULL,
    UNIQUE NULLS NOT DISTINCT (series_id, measured_at, temperature_c, quality)
);

CREATE TABLE rejected_messages (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sha256           bytea NOT NULL,
    topic            text NOT NULL,
    code             text NOT NULL,
    explanation      text NOT NULL,
    payload          bytea,
    payload_size     integer NOT NULL,
    times            integer NOT NULL DEFAULT 1,
    first_received_at timestamptz NOT NULL,
    last_received_at timestamptz NOT NULL,
    UNIQUE (sha256, topic)
);

-- Append-only: writers never meet, and the evaluator deletes exactly the ids it has worked off.
CREATE TABLE dirty (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    series_id    integer,
    container_id text,
    lot_id       text,
    from_us      bigint NOT NULL,
    until_us     bigint NOT NULL,
    marked_at    timestamptz NOT NULL DEFAULT clock_timestamp(),
    CHECK (num_nonnulls(series_id, container_id, lot_id) = 1)
);
