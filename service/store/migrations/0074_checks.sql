-- The morning check of a site: what somebody saw, as it was shown to them, and what they did about it.

-- from_at, until_at: the time that was looked at. seen: the figures of each container, and what was odd, as JSON. asks:
-- something was odd, so that a word is kept with it.
CREATE TABLE checks (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    site_id     text NOT NULL REFERENCES sites,
    from_at     timestamptz NOT NULL,
    until_at    timestamptz NOT NULL,
    seen        jsonb NOT NULL,
    asks        boolean NOT NULL,
    comment     text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    CONSTRAINT checks_follow UNIQUE (site_id, from_at),
    CHECK (from_at < until_at),
    CHECK (comment <> '' OR NOT asks)
);

CREATE INDEX checks_by_site ON checks (site_id, until_at);

CREATE TRIGGER checks_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON checks EXECUTE FUNCTION refuse_change();

CALL keep_trail('checks', 'everybody', 'id');
