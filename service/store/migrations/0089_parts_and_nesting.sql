-- Lots split into parts, and containers in containers: what a lot inherits, and in what it is with what it is in.

-- A part is a lot of its own from split_at on; before that it was its parent.
ALTER TABLE lots
    ADD COLUMN parent_id text REFERENCES lots,
    ADD COLUMN split_at  timestamptz,
    ADD CONSTRAINT parts_are_split CHECK (num_nonnulls(parent_id, split_at) IN (0, 2));

CREATE INDEX lots_by_parent ON lots (parent_id) WHERE parent_id IS NOT NULL;

-- A part bears the number of its lot.
DROP INDEX lots_by_number;

CREATE UNIQUE INDEX lots_by_number ON lots (product_id, lot_number) WHERE NOT shares_number AND parent_id IS NULL;

-- All that a part was split off from, parent and farther back; until_at: until then what each went through is the part's.
CREATE TABLE lineage (
    lot_id      text NOT NULL REFERENCES lots,
    ancestor_id text NOT NULL REFERENCES lots,
    until_at    timestamptz NOT NULL,
    PRIMARY KEY (lot_id, ancestor_id),
    CHECK (lot_id <> ancestor_id)
);

CREATE INDEX lineage_by_ancestor ON lineage (ancestor_id);

CALL keep_trail('lineage', 'everybody', 'lot_id', 'ancestor_id');

-- The serial numbers of a lot's vials, each a prefix and a number; of a part those it took along. width: so many digits,
-- filled up with zeros; 0: as many as it needs. A serial without a number has -1. parent_id: '' of what is no part.
CREATE TABLE serial_ranges (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id       text NOT NULL REFERENCES lots,
    product_id   text NOT NULL REFERENCES products,
    parent_id    text NOT NULL,
    prefix       text NOT NULL,
    width        smallint NOT NULL,
    first_number bigint NOT NULL,
    last_number  bigint NOT NULL,
    CHECK (first_number <= last_number),
    CONSTRAINT serials_overlap EXCLUDE USING gist (
        product_id WITH =, parent_id WITH =, prefix WITH =, int8range(first_number, last_number, '[]') WITH &&)
);

CREATE INDEX serial_ranges_by_lot ON serial_ranges (lot_id);

CALL keep_trail('serial_ranges', 'everybody', 'id');

-- A container in another; position: where in it.
CREATE TABLE recorded_nestings (
    id            text PRIMARY KEY,
    container_id  text NOT NULL REFERENCES containers,
    in_id         text NOT NULL REFERENCES containers,
    position      text,
    from_at       timestamptz NOT NULL,
    until_at      timestamptz,
    recorded_by   text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_by bigint REFERENCES corrections,
    CHECK (container_id <> in_id),
    CONSTRAINT nesting_of_container_overlaps
        EXCLUDE USING gist (container_id WITH =, tstzrange(from_at, until_at) WITH &&) WHERE (superseded_by IS NULL),
    CONSTRAINT place_is_taken EXCLUDE USING gist (
        in_id WITH =, position WITH =, tstzrange(from_at, until_at) WITH &&)
        WHERE (superseded_by IS NULL AND position IS NOT NULL)
);

CREATE INDEX nestings_by_outer ON recorded_nestings (in_id);

CREATE INDEX nestings_by_container ON recorded_nestings (container_id);

CALL keep_trail('recorded_nestings', 'everybody', 'id');

CREATE VIEW nestings AS
    SELECT id, container_id, in_id, position, from_at, until_at, recorded_by, recorded_at
    FROM recorded_nestings WHERE superseded_by IS NULL;

-- Where in its container a lot is: one at a time is there.
ALTER TABLE recorded_placements
    ADD COLUMN position text,
    ADD CONSTRAINT position_is_taken EXCLUDE USING gist (
        container_id WITH =, position WITH =, tstzrange(from_at, until_at) WITH &&)
        WHERE (superseded_by IS NULL AND position IS NOT NULL);

CREATE OR REPLACE VIEW placements AS
    SELECT id, lot_id, container_id, from_at, until_at, recorded_at, position
    FROM recorded_placements WHERE superseded_by IS NULL;

-- All that a container was in, with what it was in: level 1 is what it was put into. The triggers below keep it.
CREATE TABLE enclosures (
    container_id text NOT NULL REFERENCES containers,
    outer_id     text NOT NULL REFERENCES containers,
    from_at      timestamptz NOT NULL,
    until_at     timestamptz,
    level        smallint NOT NULL
);

CREATE INDEX enclosures_by_container ON enclosures (container_id);

CREATE INDEX enclosures_by_outer ON enclosures (outer_id);

-- Every container that a lot was in: where it was put (level 0), itself or what it was split off, and all that was in.
-- inherited: by what it was split off; whoever had that once does not see its parts by it.
-- The triggers below keep it.
CREATE TABLE stays (
    lot_id       text NOT NULL REFERENCES lots,
    container_id text NOT NULL REFERENCES containers,
    from_at      timestamptz NOT NULL,
    until_at     timestamptz,
    level        smallint NOT NULL,
    inherited    boolean NOT NULL DEFAULT false
);

CREATE INDEX stays_by_lot ON stays (lot_id, from_at);

CREATE INDEX stays_by_container ON stays (container_id);

INSERT INTO stays SELECT lot_id, container_id, from_at, until_at, 0 FROM placements;

-- Two acts that renew the stays of one lot do so one after the other: both would delete the same old rows, and each add
-- its own.
CREATE FUNCTION renew_stays(of_lots text[]) RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = public, pg_temp AS $$
    SELECT FROM lots WHERE id = ANY(of_lots) ORDER BY id FOR NO KEY UPDATE;
    DELETE FROM stays WHERE lot_id = ANY(of_lots);
    WITH put AS (
        SELECT lot_id, container_id, from_at, until_at, false AS inherited FROM placements WHERE lot_id = ANY(of_lots)
        UNION ALL
        SELECT lineage.lot_id, container_id, from_at, least(placements.until_at, lineage.until_at), true
        FROM lineage JOIN placements ON placements.lot_id = ancestor_id AND from_at < lineage.until_at
        WHERE lineage.lot_id = ANY(of_lots)
    )
    INSERT INTO stays (lot_id, container_id, from_at, until_at, level, inherited)
    SELECT lot_id, container_id, from_at, until_at, 0, inherited FROM put
    UNION ALL
    SELECT lot_id, outer_id, greatest(put.from_at, around.from_at), least(put.until_at, around.until_at), level, inherited
    FROM put JOIN enclosures AS around USING (container_id)
    WHERE around.from_at < coalesce(put.until_at, 'infinity') AND put.from_at < coalesce(around.until_at, 'infinity');
$$;

-- Six boxes in each other are the most (MOST_LEVELS in service/domain/lots/nesting.py).
CREATE FUNCTION renew_enclosures(of_containers text[]) RETURNS text[] LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    concerned text[];
BEGIN
    WITH RECURSIVE inside AS (
        SELECT unnest(of_containers) AS container_id
        UNION SELECT nestings.container_id FROM inside JOIN nestings ON in_id = inside.container_id
    )
    SELECT array_agg(container_id) INTO concerned FROM inside;
    DELETE FROM enclosures WHERE container_id = ANY(concerned);
    WITH RECURSIVE around AS (
        SELECT container_id, in_id AS outer_id, from_at, until_at, 1 AS level FROM nestings
        WHERE container_id = ANY(concerned)
        UNION ALL
        SELECT around.container_id, in_id, greatest(around.from_at, nestings.from_at),
            least(around.until_at, nestings.until_at), level + 1
        FROM around JOIN nestings ON nestings.container_id = outer_id
            AND nestings.from_at < coalesce(around.until_at, 'infinity')
            AND around.from_at < coalesce(nestings.until_at, 'infinity')
        WHERE level < 6
    )
    INSERT INTO enclosures SELECT * FROM around;
    RETURN concerned;
END
$$;

CREATE FUNCTION stays_follow() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    lot_ids   text[];
    concerned text[];
BEGIN
    IF TG_TABLE_NAME = 'recorded_nestings' THEN
        concerned := renew_enclosures(ARRAY(SELECT DISTINCT container_id FROM changed_rows));
        SELECT array_agg(DISTINCT lot_id) INTO lot_ids FROM placements WHERE container_id = ANY(concerned);
    ELSE
        SELECT array_agg(DISTINCT lot_id) INTO lot_ids FROM changed_rows;
    END IF;
    PERFORM renew_stays(ARRAY(
        SELECT unnest(lot_ids) UNION SELECT lot_id FROM lineage WHERE ancestor_id = ANY(lot_ids)));
    RETURN NULL;
END
$$;

CREATE TRIGGER stays_follow_inserts AFTER INSERT ON recorded_placements REFERENCING NEW TABLE AS changed_rows
    EXECUTE FUNCTION stays_follow();

CREATE TRIGGER stays_follow_updates AFTER UPDATE ON recorded_placements REFERENCING NEW TABLE AS changed_rows
    EXECUTE FUNCTION stays_follow();

CREATE TRIGGER stays_follow_inserts AFTER INSERT ON lineage REFERENCING NEW TABLE AS changed_rows
    EXECUTE FUNCTION stays_follow();

CREATE TRIGGER stays_follow_inserts AFTER INSERT ON recorded_nestings REFERENCING NEW TABLE AS changed_rows
    EXECUTE FUNCTION stays_follow();

CREATE TRIGGER stays_follow_updates AFTER UPDATE ON recorded_nestings REFERENCING NEW TABLE AS changed_rows
    EXECUTE FUNCTION stays_follow();

CALL keep_hints('recorded_nestings', 'container', 'container_id');

CALL keep_hints('lineage', 'lot', 'ancestor_id');

-- A limit that a part passed lapses its release, and not that of the others.
ALTER TABLE release_lapses
    ADD COLUMN lot_id text REFERENCES lots,
    DROP CONSTRAINT release_lapses_pkey;

ALTER TABLE release_lapses DISABLE TRIGGER release_lapses_stay;

UPDATE release_lapses SET lot_id = dispositions.lot_id FROM dispositions WHERE dispositions.id = disposition_id;

ALTER TABLE release_lapses ENABLE TRIGGER release_lapses_stay;

ALTER TABLE release_lapses ADD PRIMARY KEY (disposition_id, lot_id);
