-- What a rule found, as figures, in place of the sentence that said it. Words are made of it wherever it is told.
ALTER TABLE alerts
    -- {"kind": …, its figures}.
    ADD COLUMN details    jsonb,
    -- How many lots were there when it was last looked at, and the first three of them.
    ADD COLUMN lot_count integer,
    ADD COLUMN lots_first text[];

-- What is stored as a sentence is taken apart once: whom it is about, what is so, and which lots are there.
CREATE TEMPORARY TABLE said ON COMMIT DROP AS
    SELECT id, left(said, length(said) - length(coalesce(lots, ''))) AS said, substr(lots, 3) AS lots,
        name || coalesce(' (' || site_id || ')', '') || ' ' AS whom
    FROM (
        SELECT id, name, site_id, summary AS said,
            (regexp_match(summary, '; (?:no lots in it[^;]*|[0-9]+ lots?: [^;]*)$'))[1] AS lots
        FROM alerts
    ) AS whole;

ALTER TABLE said ADD COLUMN is_so text;

UPDATE said SET is_so = substr(said, length(whom) + 1) WHERE starts_with(said, whom);

UPDATE alerts SET
    lot_count = coalesce((regexp_match(lots, '^([0-9]+) lots?: '))[1]::integer, 0),
    lots_first = coalesce(
        string_to_array(regexp_replace((regexp_match(lots, '^[0-9]+ lots?: (.*)$'))[1], ' and [0-9]+ more$', ''), ', '),
        '{}'
    ),
    figures = figures - 'forecast',
    details = CASE
        WHEN is_so LIKE 'is still %; the lots whose limit that is are no longer in it' AND direction IS NOT NULL THEN
            jsonb_build_object('kind', 'still_beyond', 'threshold', jsonb_build_array(direction, threshold_c))
        WHEN is_so = 'was beyond a limit when its probe was taken out, and nothing that counts has measured it since'
            THEN '{"kind": "was_beyond", "lost": "unmeasured"}'
        WHEN is_so = 'was beyond a limit until its probe was taken out; what measures it now reads within limits'
            THEN '{"kind": "was_beyond", "lost": "probe_removed"}'
        WHEN is_so = 'was beyond a limit by readings that no longer count; what measures it now reads within limits'
            THEN '{"kind": "was_beyond", "lost": "readings_void"}'
        WHEN is_so IS NULL THEN jsonb_build_object(
            'kind', 'given', 'is_so', said, 'was_so', said, 'whole', true, 'forecast', coalesce(figures->>'forecast', '')
        )
        ELSE jsonb_build_object(
            'kind', 'given',
            'is_so', is_so,
            'was_so', regexp_replace(regexp_replace(
                CASE
                    WHEN is_so LIKE 'is %' THEN 'was' || substr(is_so, 3)
                    WHEN is_so LIKE 'has %' THEN 'had' || substr(is_so, 4)
                    WHEN is_so LIKE 'cannot %' THEN 'could not' || substr(is_so, 7)
                    WHEN is_so LIKE 'may be %' THEN 'may have been' || substr(is_so, 7)
                    ELSE is_so
                END, '\mmeasures\M', 'measured', 'g'), '\mcomes\M', 'came', 'g'),
            'whole', false,
            'forecast', coalesce(figures->>'forecast', '')
        )
    END
    FROM said WHERE said.id = alerts.id;

ALTER TABLE alerts
    ALTER COLUMN details SET NOT NULL,
    ALTER COLUMN lot_count SET NOT NULL,
    ALTER COLUMN lots_first SET NOT NULL,
    DROP COLUMN summary;
