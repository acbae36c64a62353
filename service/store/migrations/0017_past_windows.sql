-- When the record of a container changed, until somebody is told of what was over by then.
CREATE TABLE past_windows (
    container_id text PRIMARY KEY REFERENCES containers,
    from_us      bigint NOT NULL,
    until_us     bigint NOT NULL,
    first_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL
);
