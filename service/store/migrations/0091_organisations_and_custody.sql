-- Whose sites and products are, who answers for a lot, and how that is handed over.

CREATE TABLE organisations (
    id         text PRIMARY KEY,
    name       text NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('maker', 'clinic', 'carrier', 'other')),
    retired_at timestamptz
);

CALL keep_trail('organisations', 'everybody', 'id');

ALTER TABLE sites ADD COLUMN organisation_id text REFERENCES organisations;

CREATE INDEX sites_by_organisation ON sites (organisation_id);

ALTER TABLE products ADD COLUMN organisation_id text REFERENCES organisations;

CREATE INDEX products_by_organisation ON products (organisation_id);

-- Lots offered by one organisation to another. from_id NULL: nobody answered for them before, and it counts at once.
-- With a carrier they are in the carrier's hands from offered_at on, by the giver's word, until the receiver confirms.
CREATE TABLE handovers (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_ids      text[] NOT NULL CHECK (cardinality(lot_ids) > 0),
    container_id text REFERENCES containers,
    from_id      text REFERENCES organisations,
    to_id        text NOT NULL REFERENCES organisations,
    account_id   bigint REFERENCES accounts,
    carrier      text,
    waybill      text,
    offered_at   timestamptz NOT NULL,
    offered_by   text NOT NULL DEFAULT acting_as('actor'),
    recorded_by  text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at  timestamptz NOT NULL DEFAULT now(),
    CHECK (num_nonnulls(carrier, waybill) IN (0, 2)),
    CHECK (from_id IS NOT NULL OR carrier IS NULL)
);

CREATE INDEX handovers_by_lot ON handovers USING gin (lot_ids);

CREATE INDEX handovers_by_receiver ON handovers (to_id);

CREATE INDEX handovers_by_giver ON handovers (from_id);

CALL keep_trail('handovers', 'everybody', 'id');

CREATE TRIGGER handovers_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON handovers EXECUTE FUNCTION refuse_change();

-- What became of a handover. What a carrier has may be refused first, and taken back (withdrawn) then.
CREATE TABLE handover_steps (
    handover_id bigint NOT NULL REFERENCES handovers,
    outcome     text NOT NULL CHECK (outcome IN ('confirmed', 'refused', 'withdrawn')),
    at          timestamptz NOT NULL,
    reason      text,
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (handover_id, outcome)
);

CALL keep_trail('handover_steps', 'everybody', 'handover_id', 'outcome');

CREATE TRIGGER handover_steps_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON handover_steps
    EXECUTE FUNCTION refuse_change();

-- Who answers for a lot over [from_at, until_at): an organisation, or a carrier without account.
CREATE TABLE recorded_custody (
    id              text PRIMARY KEY,
    lot_id          text NOT NULL REFERENCES lots,
    organisation_id text REFERENCES organisations,
    carrier         text,
    waybill         text,
    from_at         timestamptz NOT NULL,
    until_at        timestamptz,
    how             text NOT NULL CHECK (how IN ('began', 'handover', 'receipt', 'split')),
    handover_id     bigint REFERENCES handovers,
    recorded_by     text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at     timestamptz NOT NULL DEFAULT now(),
    superseded_by   bigint REFERENCES corrections,
    CHECK (num_nonnulls(organisation_id, carrier) = 1),
    CHECK ((carrier IS NULL) = (waybill IS NULL)),
    CHECK (until_at > from_at),
    CONSTRAINT custody_overlaps
        EXCLUDE USING gist (lot_id WITH =, tstzrange(from_at, until_at) WITH &&) WHERE (superseded_by IS NULL)
);

CREATE INDEX custody_by_lot ON recorded_custody (lot_id);

CREATE INDEX custody_by_organisation ON recorded_custody (organisation_id);

CALL keep_trail('recorded_custody', 'everybody', 'id');

CALL keep_hints('recorded_custody', 'lot', 'lot_id');

CREATE VIEW custody AS
    SELECT id, lot_id, organisation_id, carrier, waybill, from_at, until_at, how, handover_id, recorded_by, recorded_at
    FROM recorded_custody WHERE superseded_by IS NULL;

-- A product may ask for custody from the end of filling on.
ALTER TABLE adoptions
    ADD COLUMN custody boolean,
    DROP CONSTRAINT adoptions_kind_check,
    ADD CONSTRAINT adoptions_kind_check CHECK (kind IN ('profile', 'specification', 'release', 'custody')),
    ADD CONSTRAINT adoptions_of_custody CHECK ((kind = 'custody') = (custody IS NOT NULL));
