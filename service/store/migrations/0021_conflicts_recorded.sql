-- When a contradiction became known: of a message that is driven again, long after it arrived. Those known before this
-- version are told as known since.
ALTER TABLE reading_conflicts ADD COLUMN recorded_at timestamptz NOT NULL DEFAULT now();

DROP INDEX reading_conflicts_by_arrival;

CREATE INDEX reading_conflicts_by_record ON reading_conflicts (recorded_at);
