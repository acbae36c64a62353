-- The answer of each lot as it was judged last, with the whole status, so that reading it is one statement. A lot that
-- was never judged has a row too: not proven. What was judged before this has the rules 0, and is judged again.
ALTER TABLE lot_states RENAME COLUMN changes_at_us TO good_until_us;

ALTER TABLE lot_states
    ALTER COLUMN verdict DROP NOT NULL,
    ADD COLUMN answer        text NOT NULL DEFAULT 'not_proven',
    ADD COLUMN document      json,
    ADD COLUMN judged_us     bigint NOT NULL DEFAULT 0,
    ADD COLUMN rules         integer NOT NULL DEFAULT 0,
    ADD COLUMN max_gap_s     integer,
    ADD COLUMN measured_in   text,
    ADD COLUMN awaited       jsonb,
    ADD COLUMN even          boolean NOT NULL DEFAULT false,
    ADD COLUMN grows_from_us bigint;

UPDATE lot_states SET answer = 'do_not_use' WHERE verdict = 'nonviable';

INSERT INTO lot_states (lot_id, reason_codes) SELECT id, '{}' FROM lots ON CONFLICT DO NOTHING;

DROP INDEX lot_states_by_change;

CREATE INDEX lot_states_due ON lot_states (rules, good_until_us);

CREATE INDEX lot_states_by_container ON lot_states (measured_in, max_gap_s);

CREATE INDEX lot_states_awaiting ON lot_states (lot_id) WHERE awaited IS NOT NULL;

-- Whether something waits that concerns a lot is asked with every answer.
CREATE INDEX dirty_by_series ON dirty (series_id) WHERE series_id IS NOT NULL;

CREATE INDEX dirty_by_container ON dirty (container_id) WHERE container_id IS NOT NULL;

CREATE INDEX dirty_by_lot ON dirty (lot_id) WHERE lot_id IS NOT NULL;
