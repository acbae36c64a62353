-- A declared temperature measures nothing. So far its room counted as measured for all time; until it is judged anew,
-- it counts as not measured at all.
UPDATE container_records SET measured_until_us = -2305843009213693952
    FROM containers WHERE containers.id = container_id AND declared_c IS NOT NULL;

INSERT INTO dirty (container_id, from_us, until_us, cause)
    SELECT id, -2305843009213693952, 2305843009213693952, 're_evaluation' FROM containers
    WHERE declared_c IS NOT NULL ORDER BY id;
