-- Everything in a container moved to another by one act; and silences ended before their time.
CREATE TABLE moves (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    container_id text NOT NULL REFERENCES containers,
    to_id        text NOT NULL REFERENCES containers,
    moved_at     timestamptz NOT NULL,
    lot_ids      text[] NOT NULL,
    recorded_by  text NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX moves_by_container ON moves (container_id, moved_at);

-- until_at is then when it ended; planned_until is what was recorded first.
ALTER TABLE silences
    ADD COLUMN planned_until timestamptz,
    ADD COLUMN ended_by      text;
