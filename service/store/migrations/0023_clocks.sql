-- What time it was by the clock of each part of the service when it said so last, and by the database's at that moment.
-- Of the part 'readings': when the newest ones evaluated arrived, by the clock of whoever took them.
CREATE TABLE clocks (
    part        text PRIMARY KEY,
    said_at     timestamptz NOT NULL,
    database_at timestamptz NOT NULL
);

-- When the newest of the readings arrived; null: no readings changed.
ALTER TABLE dirty ADD COLUMN received_at timestamptz;
