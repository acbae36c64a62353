-- The index of the exclusion constraint finds one lot's placements ten times slower than this, and many lots' not at all.
CREATE INDEX placements_by_lot ON recorded_placements (lot_id, from_at) WHERE superseded_by IS NULL;
