-- Acts that may make a verdict better wait for quality's signature: what is to be signed, what it touches, and what came
-- of it. In the place of `improvements`, which looked at what a change did to verdicts at once, and not at what it would
-- do later.

DROP TABLE improvements;

-- content is what is signed, as JSON, word for word; freed_by: the signature.
CREATE TABLE changes_to_sign (
    id              bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind            text NOT NULL,
    row_id          text NOT NULL,
    site_id         text REFERENCES sites,
    author          text NOT NULL,
    recorded_by     text NOT NULL,
    recorded_at     timestamptz NOT NULL,
    reason          text,
    content         text NOT NULL,
    content_sha256  bytea NOT NULL CHECK (octet_length(content_sha256) = 32),
    freed_at        timestamptz,
    freed_by        bigint,
    freed_by_author boolean NOT NULL DEFAULT false,
    CHECK ((freed_at IS NULL) = (freed_by IS NULL))
);

-- What judging asks for: what waits, and what its own author signed.
CREATE INDEX changes_told ON changes_to_sign (id) WHERE freed_at IS NULL OR freed_by_author;

-- One thing that a change touches: a lot, or a container or what a series measured over [from_at, until_at), NULL: without
-- such a bound. by_logger: these instants are as the logger's clock said.
CREATE TABLE change_reaches (
    change_id    bigint NOT NULL REFERENCES changes_to_sign,
    lot_id       text REFERENCES lots,
    container_id text REFERENCES containers,
    series_id    integer REFERENCES series,
    from_at      timestamptz,
    until_at     timestamptz,
    by_logger    boolean NOT NULL DEFAULT false,
    CHECK (num_nonnulls(lot_id, container_id, series_id) = 1)
);

CREATE INDEX change_reaches_by_change ON change_reaches (change_id);

CREATE INDEX change_reaches_by_lot ON change_reaches (lot_id) WHERE lot_id IS NOT NULL;

CREATE INDEX change_reaches_by_container ON change_reaches (container_id) WHERE container_id IS NOT NULL;

CREATE INDEX change_reaches_by_series ON change_reaches (series_id) WHERE series_id IS NOT NULL;

CREATE TRIGGER change_reaches_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON change_reaches
    EXECUTE FUNCTION refuse_change();

-- A rule of a site about signatures: the newest that is in force counts. One that is on is in force once its change is
-- signed, one that is off at once.
CREATE TABLE site_rules (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id     text NOT NULL REFERENCES sites,
    rule        text NOT NULL CHECK (rule IN ('accepts_files', 'author_signs')),
    is_on       boolean NOT NULL,
    reason      text NOT NULL,
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    change_id   bigint REFERENCES changes_to_sign,
    CHECK (is_on = (change_id IS NOT NULL))
);

CREATE INDEX site_rules_by_site ON site_rules (site_id, rule, id);

CALL keep_trail('changes_to_sign', 'everybody', 'id');

CALL keep_trail('site_rules', 'everybody', 'id');
