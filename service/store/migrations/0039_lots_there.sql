-- Which lots were in a container at a time: those that left before are not looked at, however many they are.
CREATE INDEX placements_by_end ON recorded_placements (container_id, coalesce(until_at, 'infinity'))
    WHERE superseded_by IS NULL;

DROP INDEX placements_by_container;
