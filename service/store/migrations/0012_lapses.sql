-- From when a verdict could change by time alone until the evaluator looked: what was told meanwhile is not recorded.
CREATE TABLE verdict_lapses (
    lot_id  text NOT NULL REFERENCES lots,
    from_us bigint NOT NULL,
    until_us bigint NOT NULL CHECK (until_us > from_us)
);

CREATE INDEX verdict_lapses_by_lot ON verdict_lapses (lot_id, from_us);
