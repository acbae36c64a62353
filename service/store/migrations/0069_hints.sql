-- Hints of what has changed, for pages that are open: which rows, and nothing of what is in them. Nobody relies on one.
-- Told where people's rows and what is judged of them change; never by ingest, whose transactions are many.

-- Arguments: the kind of thing, and the column of its id. A notification of the same words is sent once a transaction.
CREATE FUNCTION hint() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    ids text[];
BEGIN
    EXECUTE format('SELECT array_agg(DISTINCT %I::text) FROM changed_rows WHERE %I IS NOT NULL', TG_ARGV[1], TG_ARGV[1])
        INTO ids;
    PERFORM hint_of(TG_ARGV[0], ids);
    RETURN NULL;
END
$$;

-- An id has 64 characters at most, and a notification 8,000 bytes. Of more than a thousand things none is named.
CREATE FUNCTION hint_of(kind text, ids text[]) RETURNS void LANGUAGE sql AS $$
    SELECT pg_notify('hints', kind) WHERE cardinality(ids) > 1000
    UNION ALL
    SELECT pg_notify('hints', kind || ' ' || string_agg(id, ' ' ORDER BY place))
    FROM unnest(ids) WITH ORDINALITY AS one (id, place) WHERE cardinality(ids) <= 1000 GROUP BY (place - 1) / 100;
$$;

-- A new table that pages show calls this in its migration.
CREATE PROCEDURE keep_hints(of_table text, kind text, id_column text) LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE TRIGGER %I AFTER INSERT ON %I REFERENCING NEW TABLE AS changed_rows '
        'EXECUTE FUNCTION hint(%L, %L)', 'hint_of_inserts_' || kind, of_table, kind, id_column);
    EXECUTE format('CREATE TRIGGER %I AFTER UPDATE ON %I REFERENCING NEW TABLE AS changed_rows '
        'EXECUTE FUNCTION hint(%L, %L)', 'hint_of_updates_' || kind, of_table, kind, id_column);
END
$$;

CALL keep_hints('lots', 'lot', 'id');

CALL keep_hints('lot_states', 'lot', 'lot_id');

CALL keep_hints('recorded_placements', 'lot', 'lot_id');

CALL keep_hints('certificates', 'lot', 'lot_id');

CALL keep_hints('dispositions', 'lot', 'lot_id');

CALL keep_hints('recalls', 'lot', 'lot_id');

CALL keep_hints('assessments', 'lot', 'lot_id');

CALL keep_hints('carried_in', 'lot', 'lot_id');

CALL keep_hints('recorded_placements', 'container', 'container_id');

CALL keep_hints('recorded_attachments', 'container', 'container_id');

CALL keep_hints('containers', 'container', 'id');

CALL keep_hints('alerts', 'alert', 'id');

CALL keep_hints('alert_steps', 'alert', 'alert_id');

CALL keep_hints('changes_to_sign', 'change', 'id');

CALL keep_hints('moves', 'move', 'id');

CALL keep_hints('move_reviews', 'move', 'move_id');
