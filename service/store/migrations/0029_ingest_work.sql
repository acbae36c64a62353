-- Whether an ingest process hears and stores, as its own loop says: counters alone are written by a thread beside it.
-- works_since, works_until: over which it has worked, but for pauses of less than a minute; NULL: never yet, or it does not
-- say. trouble: why it does not work. stopped: it ended in order. set_aside: messages in its folder of last resort.
ALTER TABLE ingest_tallies
    ADD COLUMN works_since timestamptz,
    ADD COLUMN works_until timestamptz,
    ADD COLUMN trouble     text NOT NULL DEFAULT '',
    ADD COLUMN stopped     boolean NOT NULL DEFAULT false,
    ADD COLUMN set_aside   bigint NOT NULL DEFAULT 0;
