-- Who did what: every row that people write has an actor, whom a trigger demands, and a line in the audit trail. Rows of
-- the trail are never changed; service/store/acting.py says who acts.

-- old and new are the rows as they were stored, word for word; transaction is in which they were.
CREATE TABLE audit_trail (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recorded_at   timestamptz NOT NULL,
    transaction   xid8 NOT NULL,
    database_user text NOT NULL,
    actor         text NOT NULL,
    actor_name    text NOT NULL,
    known_by      text NOT NULL,
    operation     text NOT NULL CHECK (operation IN ('before', 'insert', 'update', 'delete')),
    table_name    text NOT NULL,
    row_key       text NOT NULL,
    old           json,
    new           json,
    reason        text
);

CREATE INDEX audit_trail_by_row ON audit_trail (table_name, row_key, id);

CREATE INDEX audit_trail_by_actor ON audit_trail (actor, id);

CREATE FUNCTION acting_as(asked text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    found text := current_setting('unbroken.' || asked, true);
BEGIN
    IF coalesce(found, '') = '' THEN
        RAISE EXCEPTION 'nobody acts here: what people record is written inside acting() (service/store/acting.py)'
            USING ERRCODE = 'UB001';
    END IF;
    RETURN found;
END
$$;

-- The key of a row, of its columns in this order.
CREATE FUNCTION trail_key(of_row jsonb, key_columns text[]) RETURNS text LANGUAGE sql IMMUTABLE AS $$
    SELECT string_agg(of_row ->> name, '/' ORDER BY place) FROM unnest(key_columns) WITH ORDINALITY AS named (name, place)
$$;

-- Arguments: whose acts are written ('everybody', or 'people' where parts of the service write much of their own), the
-- columns of the key, and the columns that are no act, each with a '-' before it.
CREATE FUNCTION write_trail() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
SET search_path = public, pg_temp AS $$
DECLARE
    acts_as  text := acting_as('actor');
    named    text[] := TG_ARGV[1:];
    key_of   text[] := ARRAY(SELECT name FROM unnest(named) AS name WHERE left(name, 1) <> '-');
    no_act   text[] := ARRAY(SELECT substr(name, 2) FROM unnest(named) AS name WHERE left(name, 1) = '-');
BEGIN
    IF TG_ARGV[0] = 'people' AND acts_as LIKE 'part:%' THEN
        RETURN NULL;
    END IF;
    IF TG_OP = 'INSERT' THEN
        INSERT INTO audit_trail (recorded_at, transaction, database_user, actor, actor_name, known_by, operation,
            table_name, row_key, old, new, reason)
        SELECT now(), pg_current_xact_id(), session_user, acts_as, acting_as('actor_name'), acting_as('known_by'),
            'insert', TG_TABLE_NAME, trail_key(to_jsonb(added), key_of), NULL, to_json(added),
            nullif(current_setting('unbroken.reason', true), '')
        FROM new_rows AS added;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO audit_trail (recorded_at, transaction, database_user, actor, actor_name, known_by, operation,
            table_name, row_key, old, new, reason)
        SELECT now(), pg_current_xact_id(), session_user, acts_as, acting_as('actor_name'), acting_as('known_by'),
            'delete', TG_TABLE_NAME, trail_key(to_jsonb(gone), key_of), to_json(gone), NULL,
            nullif(current_setting('unbroken.reason', true), '')
        FROM old_rows AS gone;
    ELSE
        INSERT INTO audit_trail (recorded_at, transaction, database_user, actor, actor_name, known_by, operation,
            table_name, row_key, old, new, reason)
        SELECT now(), pg_current_xact_id(), session_user, acts_as, acting_as('actor_name'), acting_as('known_by'),
            'update', TG_TABLE_NAME, row_key, was.whole, becomes.whole,
            nullif(current_setting('unbroken.reason', true), '')
        FROM (SELECT trail_key(to_jsonb(o), key_of) AS row_key, to_json(o) AS whole, to_jsonb(o) - no_act AS told
              FROM old_rows AS o) AS was
        FULL JOIN (SELECT trail_key(to_jsonb(n), key_of) AS row_key, to_json(n) AS whole, to_jsonb(n) - no_act AS told
              FROM new_rows AS n) AS becomes USING (row_key)
        WHERE was.told IS DISTINCT FROM becomes.told;
    END IF;
    RETURN NULL;
END
$$;

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is evidence: its rows are never changed or removed', TG_TABLE_NAME USING ERRCODE = 'UB002';
END
$$;

CREATE TRIGGER audit_trail_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_trail
    EXECUTE FUNCTION refuse_change();

-- Put the trail on a table: a new table that people write calls this in its migration (service/store/tables.py).
CREATE PROCEDURE keep_trail(of_table text, VARIADIC arguments text[]) LANGUAGE plpgsql AS $$
DECLARE
    quoted text := (SELECT string_agg(quote_literal(one), ', ' ORDER BY place)
                    FROM unnest(arguments) WITH ORDINALITY AS given (one, place));
BEGIN
    EXECUTE format('CREATE TRIGGER trail_of_inserts AFTER INSERT ON %I REFERENCING NEW TABLE AS new_rows '
        'EXECUTE FUNCTION write_trail(%s)', of_table, quoted);
    EXECUTE format('CREATE TRIGGER trail_of_updates AFTER UPDATE ON %I REFERENCING OLD TABLE AS old_rows '
        'NEW TABLE AS new_rows EXECUTE FUNCTION write_trail(%s)', of_table, quoted);
    EXECUTE format('CREATE TRIGGER trail_of_deletes AFTER DELETE ON %I REFERENCING OLD TABLE AS old_rows '
        'EXECUTE FUNCTION write_trail(%s)', of_table, quoted);
    EXECUTE format('CREATE TRIGGER stays_whole BEFORE TRUNCATE ON %I EXECUTE FUNCTION refuse_change()', of_table);
    -- What was there already was recorded by nobody we know.
    EXECUTE format('INSERT INTO audit_trail (recorded_at, transaction, database_user, actor, actor_name, known_by, '
        'operation, table_name, row_key, new) SELECT now(), pg_current_xact_id(), session_user, '
        '''before accounts'', ''before accounts'', ''nobody was asked'', ''before'', %L, '
        'trail_key(to_jsonb(there), %L::text[]), to_json(there) FROM %I AS there', of_table,
        ARRAY(SELECT one FROM unnest(arguments[2:]) AS one WHERE left(one, 1) <> '-'), of_table);
END
$$;

CALL keep_trail('sites', 'everybody', 'id');

CALL keep_trail('profiles', 'everybody', 'id', 'version');

CALL keep_trail('products', 'everybody', 'id');

CALL keep_trail('containers', 'everybody', 'id');

CALL keep_trail('loggers', 'people', 'id', '-topic_site', '-online', '-online_since', '-first_seen_at');

CALL keep_trail('series', 'people', 'id');

CALL keep_trail('lots', 'everybody', 'id');

CALL keep_trail('recorded_placements', 'everybody', 'id');

CALL keep_trail('recorded_attachments', 'everybody', 'id');

CALL keep_trail('recorded_calibrations', 'everybody', 'id');

CALL keep_trail('recorded_clock_mends', 'everybody', 'id');

CALL keep_trail('recorded_absences', 'everybody', 'id');

CALL keep_trail('corrections', 'everybody', 'id');

CALL keep_trail('csv_mappings', 'everybody', 'model');

CALL keep_trail('door_graces', 'everybody', 'id');

CALL keep_trail('alerting', 'everybody', 'scope', 'scope_id', 'version');

CALL keep_trail('moves', 'everybody', 'id');

CALL keep_trail('silences', 'everybody', 'id');

CALL keep_trail('redrives', 'everybody', 'message_id');

CALL keep_trail('alert_steps', 'people', 'id');
