-- Readings that contradict each other are judged, so they are moved with a mended clock like others.
ALTER TABLE reading_conflicts ADD COLUMN stamped_on_arrival boolean;

-- People are told of those that came lately.
CREATE INDEX reading_conflicts_by_arrival ON reading_conflicts (received_at);

-- Numbers that no sensor shows were stored as faults and left out. A sentinel says that there is no reading; these say
-- nothing, so whatever it was may have been anything.
UPDATE readings SET quality = 5
WHERE quality = 3 AND temperature_c <> 'NaN' AND temperature_c NOT IN (85.0, -127.0, 327.67);

UPDATE reading_conflicts SET quality = 5
WHERE quality = 3 AND temperature_c <> 'NaN' AND temperature_c NOT IN (85.0, -127.0, 327.67);

-- What was certain of a number that its probe cannot show, or of the first of two that contradict, is so no longer.
INSERT INTO dirty (container_id, from_us, until_us, cause)
SELECT id, -2305843009213693952, 2305843009213693952, 're_evaluation' FROM containers;
