-- The audit trail is sealed: each line, once nothing can come before it any more, into a chain of hashes, so that a line
-- changed, removed, added or put elsewhere afterwards is found. service/domain/identity/trail.py says what is hashed.

-- number is dense, and follows the ids of the lines.
CREATE TABLE audit_seals (
    number    bigint PRIMARY KEY CHECK (number > 0),
    trail_id  bigint NOT NULL UNIQUE,
    sealed_at timestamptz NOT NULL,
    hash      bytea NOT NULL CHECK (octet_length(hash) = 32)
);

CREATE TRIGGER audit_seals_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_seals
    EXECUTE FUNCTION refuse_change();

-- One row: up to which seal the chain was looked at, a piece a minute and then from the start again; and what is wrong.
CREATE TABLE audit_checks (
    only_one     boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    checked_to   bigint NOT NULL,
    checked_at   timestamptz NOT NULL,
    broken_since timestamptz,
    broken       text NOT NULL DEFAULT ''
);

-- The firmware is what a logger says of itself, too.
DROP TRIGGER trail_of_updates ON loggers;

CREATE TRIGGER trail_of_updates AFTER UPDATE ON loggers REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    EXECUTE FUNCTION write_trail('people', 'id', '-topic_site', '-online', '-online_since', '-first_seen_at', '-firmware');
