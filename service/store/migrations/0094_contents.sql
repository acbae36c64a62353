-- What is in a container is listed a page at a time, and where it stands is looked up.

CREATE INDEX stays_now ON stays (container_id, lot_id) WHERE until_at IS NULL;

CREATE INDEX placements_now ON recorded_placements (container_id, lot_id) WHERE until_at IS NULL AND superseded_by IS NULL;

CREATE INDEX nestings_now ON recorded_nestings (in_id, container_id) WHERE until_at IS NULL AND superseded_by IS NULL;

CREATE INDEX enclosures_now ON enclosures (outer_id, container_id) WHERE until_at IS NULL;

-- The boxes that were moved with the lots.
ALTER TABLE moves ADD COLUMN container_ids text[] NOT NULL DEFAULT '{}';
