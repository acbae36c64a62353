-- The widest step between two readings of a mark all of which are numbers, each later than the one before; 0 of a single
-- one. Null: the readings must be loaded to tell what they change.
ALTER TABLE dirty ADD COLUMN step_us bigint;

-- Of all that wait these are few, and found among any number of others.
CREATE INDEX dirty_to_load ON dirty (id) WHERE step_us IS NULL;

-- The newest usable reading of a series of which the marks were worked off, as it was sent: so nothing that is put right
-- ever makes it wrong. It lies between these temperatures; null: it is no plain number, or nobody knows.
-- From unrolled_from_us on readings are not rolled up yet, as their hour was not over; null: all are.
-- No foreign key, as readings have none. Half of a page is left free, so that a row that changes stays in its page.
CREATE TABLE series_ends (
    series_id        integer PRIMARY KEY,
    measured_us      bigint NOT NULL,
    coldest_c        double precision,
    warmest_c        double precision,
    unrolled_from_us bigint
) WITH (fillfactor = 50);

CREATE INDEX series_ends_unrolled ON series_ends (unrolled_from_us) WHERE unrolled_from_us IS NOT NULL;

ALTER TABLE container_records SET (fillfactor = 50);

-- How many series at once are calibrated.
CREATE INDEX calibrations_by_series ON recorded_calibrations (series_id) WHERE superseded_by IS NULL;
