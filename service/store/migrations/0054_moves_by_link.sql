-- A move that was recorded by a signed link counts at once, and is told as unconfirmed until somebody with an account
-- says what became of it.
ALTER TABLE moves ADD COLUMN by_link boolean NOT NULL DEFAULT false;

ALTER TABLE moves ALTER COLUMN by_link SET DEFAULT acting_as('known_by') = 'signed link';

CREATE INDEX moves_by_link ON moves (id) WHERE by_link;

CREATE TABLE move_reviews (
    move_id     bigint PRIMARY KEY REFERENCES moves,
    outcome     text NOT NULL CHECK (outcome IN ('confirmed', 'struck')),
    reason      text,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL DEFAULT acting_as('actor_name')
);

CALL keep_trail('move_reviews', 'everybody', 'move_id');
