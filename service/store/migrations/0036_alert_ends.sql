-- One instant for the end of an alert: since when it has been calm, where that is known, and never before it began. When
-- it was certain, and so closed, is `resolved_at`.
ALTER TABLE alerts ADD COLUMN ended_at timestamptz GENERATED ALWAYS AS (
    CASE WHEN resolved_at IS NULL THEN NULL
    ELSE greatest(least(coalesce(calm_since, resolved_at), resolved_at), least(began_at, resolved_at)) END) STORED;
