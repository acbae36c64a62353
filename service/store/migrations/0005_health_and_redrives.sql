-- What a logger says of itself, what ingest counted, and rejected messages that were mended and driven again.

-- online_since: when we heard of it first. A firmware the logger told is put over one that was registered.
ALTER TABLE loggers
    ADD COLUMN online_since timestamptz,
    ADD COLUMN firmware text NOT NULL DEFAULT '';

-- Counters of one process since it started, as {"family": {"cause": count}}; it writes them itself, now and then.
CREATE TABLE ingest_tallies (
    process    text PRIMARY KEY,
    started_at timestamptz NOT NULL,
    updated_at timestamptz NOT NULL,
    counters   jsonb NOT NULL
);

-- The rejected message itself is never changed. Topic and payload are those that were put in place of the original's.
CREATE TABLE redrives (
    message_id  bigint PRIMARY KEY REFERENCES rejected_messages,
    topic       text,
    payload     bytea,
    note        text NOT NULL,
    stored      integer NOT NULL,
    known       integer NOT NULL,
    conflicting integer NOT NULL,
    redriven_at timestamptz NOT NULL DEFAULT now()
);
