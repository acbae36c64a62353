-- Devices that an admin enrolled to show the answers of one site. What is secret stands in a table of its own, of which
-- the audit trail tells nothing.

-- Never deleted: what was done on one was done there.
CREATE TABLE kiosks (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name        text NOT NULL,
    site_id     text NOT NULL REFERENCES sites,
    enrolled_by text NOT NULL DEFAULT acting_as('actor_name'),
    enrolled_at timestamptz NOT NULL DEFAULT now(),
    revoked_at  timestamptz
);

CREATE TRIGGER kiosks_stay BEFORE DELETE ON kiosks EXECUTE FUNCTION refuse_change();

CREATE INDEX kiosks_by_site ON kiosks (site_id);

CALL keep_trail('kiosks', 'everybody', 'id');

-- failures, failed_at, closed_until: of people who gave their name and PIN there.
CREATE TABLE kiosk_secrets (
    kiosk_id     bigint PRIMARY KEY REFERENCES kiosks,
    sha256       bytea NOT NULL UNIQUE,
    last_seen_at timestamptz,
    failures     integer NOT NULL DEFAULT 0,
    failed_at    timestamptz,
    closed_until timestamptz
);

-- What somebody types at a kiosk instead of their password. That there is one, and since when, the trail tells.
ALTER TABLE credentials ADD COLUMN pin_hash text;

ALTER TABLE accounts ADD COLUMN pin_set_at timestamptz;
