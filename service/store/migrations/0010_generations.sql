-- A repair asks for the spans that reach into its window, and there are few after its start.
CREATE INDEX threshold_spans_by_end ON threshold_spans (container_id, until_us);

CREATE INDEX gap_spans_by_end ON gap_spans (container_id, until_us);

-- The next generation of all spans, written beside the present one until it takes its place.
CREATE SCHEMA next;

CREATE TABLE next.container_records (LIKE container_records INCLUDING ALL);

CREATE TABLE next.threshold_spans (LIKE threshold_spans INCLUDING ALL);

CREATE TABLE next.gap_spans (LIKE gap_spans INCLUDING ALL);

-- What the evaluator judged meanwhile, for the next generation to judge too.
CREATE TABLE next.windows (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    container_id text NOT NULL,
    from_us      bigint NOT NULL,
    until_us     bigint NOT NULL
);
