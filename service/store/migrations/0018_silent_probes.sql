-- Thresholds beyond which the last reading of a probe still attached may lie: those of open_beyond, and more.
ALTER TABLE container_records ADD COLUMN open_possible jsonb;

UPDATE container_records SET open_possible = open_beyond;

ALTER TABLE container_records ALTER COLUMN open_possible SET NOT NULL;

ALTER TABLE next.container_records ADD COLUMN open_possible jsonb;

UPDATE next.container_records SET open_possible = open_beyond;

ALTER TABLE next.container_records ALTER COLUMN open_possible SET NOT NULL;

-- Where several probes measured, one that fell silent beyond a limit now leaves it possible: these are judged anew.
INSERT INTO dirty (container_id, from_us, until_us, cause)
    SELECT container_id, -2305843009213693952, 2305843009213693952, 're_evaluation' FROM attachments
    WHERE place <> 'ambient' GROUP BY container_id HAVING count(*) > 1 ORDER BY container_id;
