-- Which limit an alert is about, where it is about one.
ALTER TABLE alerts
    ADD COLUMN direction   text,
    ADD COLUMN threshold_c double precision;

-- How much of the time allowed beyond a limit a lot had used when people were last told of it, or are to be told.
CREATE TABLE budget_stages (
    lot_id      text NOT NULL REFERENCES lots,
    direction   text NOT NULL,
    threshold_c double precision NOT NULL,
    -- The last of the shares at which people are told.
    share       double precision NOT NULL,
    -- By which alert it was told; null: not yet, or it was an old matter when it was found.
    alert_id    bigint REFERENCES alerts,
    -- Since when it is to be told, until it is.
    waits_since timestamptz,
    PRIMARY KEY (lot_id, direction, threshold_c)
);

CREATE INDEX budget_stages_to_tell ON budget_stages (waits_since) WHERE waits_since IS NOT NULL;
