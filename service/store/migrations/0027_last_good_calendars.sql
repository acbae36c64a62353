-- The calendars that rotas were last read from without a fault, by their names in the on-call file: what is in force
-- where the file of today cannot be read.
CREATE TABLE last_good_calendars (
    name     text PRIMARY KEY,
    content  bytea NOT NULL,
    taken_at timestamptz NOT NULL
);
