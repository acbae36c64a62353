-- Shipments: which containers go from one site to another, with which lots, and what was found on arrival.

-- handed_over_at: the carrier has it from then on; until then it can still be changed.
CREATE TABLE shipments (
    id             text PRIMARY KEY,
    from_site_id   text NOT NULL REFERENCES sites,
    to_site_id     text NOT NULL REFERENCES sites,
    carrier        text NOT NULL,
    waybill        text,
    route          text,
    sscc           text UNIQUE CHECK (sscc ~ '^[0-9]{18}$'),
    expected_at    timestamptz NOT NULL,
    recorded_by    text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at    timestamptz NOT NULL DEFAULT now(),
    handed_over_at timestamptz,
    handed_over_by text,
    received_at    timestamptz,
    cancelled_at   timestamptz,
    CHECK (from_site_id <> to_site_id),
    CHECK (received_at IS NULL OR received_at > handed_over_at),
    CHECK (num_nonnulls(received_at, cancelled_at) < 2)
);

CREATE INDEX shipments_under_way ON shipments (expected_at) WHERE received_at IS NULL AND cancelled_at IS NULL;

CALL keep_trail('shipments', 'everybody', 'id');

-- A shipper, with all that is in it, and the numbers of its seals.
CREATE TABLE shipped_containers (
    shipment_id  text NOT NULL REFERENCES shipments,
    container_id text NOT NULL REFERENCES containers,
    seals        text[] NOT NULL,
    PRIMARY KEY (shipment_id, container_id)
);

CREATE INDEX shipped_containers_by_container ON shipped_containers (container_id);

CALL keep_trail('shipped_containers', 'everybody', 'shipment_id', 'container_id');

-- The lots that were in them when they were handed over, each in what it was put into.
CREATE TABLE manifests (
    shipment_id  text NOT NULL REFERENCES shipments,
    lot_id       text NOT NULL REFERENCES lots,
    container_id text NOT NULL REFERENCES containers,
    PRIMARY KEY (shipment_id, lot_id)
);

CREATE INDEX manifests_by_lot ON manifests (lot_id);

CALL keep_trail('manifests', 'everybody', 'shipment_id', 'lot_id');

-- What was found when a shipment was received, as it was shown to who confirmed it; reason: why it was received so.
CREATE TABLE receipts (
    shipment_id text PRIMARY KEY REFERENCES shipments,
    lot_ids     text[] NOT NULL,
    findings    jsonb NOT NULL,
    reason      text,
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CHECK (reason IS NOT NULL OR findings = '[]')
);

CALL keep_trail('receipts', 'everybody', 'shipment_id');

CALL keep_hints('manifests', 'lot', 'lot_id');
