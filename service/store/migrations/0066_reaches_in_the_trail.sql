-- What a change touches, and what was measured that somebody brought, have lines in the trail: a reach that is taken away
-- past it would free lots unseen.

ALTER TABLE change_reaches ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;

ALTER TABLE brought_readings ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;

CALL keep_trail('change_reaches', 'everybody', 'id');

CALL keep_trail('brought_readings', 'everybody', 'id');
