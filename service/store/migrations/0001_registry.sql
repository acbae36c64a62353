-- Who and what there is: sites, profiles, products, containers, loggers, attachments, lots, placements.

CREATE EXTENSION IF NOT EXISTS timescaledb;

CREATE EXTENSION IF NOT EXISTS btree_gist;

CREATE TABLE sites (
    id          text PRIMARY KEY,
    name        text NOT NULL,
    time_zone   text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE profiles (
    id          text NOT NULL,
    version     integer NOT NULL,
    document    jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, version)
);

CREATE TABLE products (
    id              text PRIMARY KEY,
    name            text NOT NULL,
    profile_id      text NOT NULL,
    profile_version integer NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (profile_id, profile_version) REFERENCES profiles
);

CREATE TABLE containers (
    id              text PRIMARY KEY,
    site_id         text NOT NULL REFERENCES sites,
    name            text NOT NULL,
    kind            text NOT NULL,
    profile_id      text NOT NULL,
    profile_version integer NOT NULL,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (profile_id, profile_version) REFERENCES profiles
);

-- A logger that was heard before anybody registered it has no registered_at.
CREATE TABLE loggers (
    id            text PRIMARY KEY,
    site_id       text REFERENCES sites,
    topic_site    text,
    model         text NOT NULL DEFAULT '',
    range_min_c   double precision,
    range_max_c   double precision,
    online        boolean,
    first_seen_at timestamptz,
    registered_at timestamptz
);

CREATE TABLE series (
    id        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    logger_id text NOT NULL REFERENCES loggers,
    probe     text NOT NULL DEFAULT '',
    UNIQUE (logger_id, probe)
);

-- A series measures one container at a time.
CREATE TABLE attachments (
    id              text PRIMARY KEY,
    series_id       integer NOT NULL REFERENCES series,
    container_id    text NOT NULL REFERENCES containers,
    place           text NOT NULL CHECK (place IN ('air', 'buffered', 'product', 'ambient')),
    from_at         timestamptz NOT NULL,
    until_at        timestamptz,
    commissioned_at timestamptz,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT attachment_of_series_overlaps
        EXCLUDE USING gist (series_id WITH =, tstzrange(from_at, until_at) WITH &&)
);

CREATE INDEX attachments_by_container ON attachments (container_id);

CREATE TABLE lots (
    id              text PRIMARY KEY,
    product_id      text NOT NULL REFERENCES products,
    lot_number      text NOT NULL,
    units           integer,
    profile_id      text NOT NULL,
    profile_version integer NOT NULL,
    life_starts_at  timestamptz,
    life_ends_at    timestamptz,
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (profile_id, profile_version) REFERENCES profiles
);

-- A lot is in one container at a time.
CREATE TABLE placements (
    id           text PRIMARY KEY,
    lot_id       text NOT NULL REFERENCES lots,
    container_id text NOT NULL REFERENCES containers,
    from_at      timestamptz NOT NULL,
    until_at     timestamptz,
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT placement_of_lot_overlaps
        EXCLUDE USING gist (lot_id WITH =, tstzrange(from_at, until_at) WITH &&)
);

CREATE INDEX placements_by_container ON placements (container_id);
