-- Each part of the service has a database role of its own, unbroken_ingest, …; service/store/privileges.py grants them
-- what service/store/tables.py says. Here is what privileges cannot say.

-- As 0044 has it; and a part's role acts as that part alone. Only the API's acts for people, as does whoever owns this.
CREATE OR REPLACE FUNCTION acting_as(asked text) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
    found text := current_setting('unbroken.' || asked, true);
BEGIN
    IF coalesce(found, '') = '' THEN
        RAISE EXCEPTION 'nobody acts here: what people record is written inside acting() (service/store/acting.py)'
            USING ERRCODE = 'UB001';
    END IF;
    IF asked = 'actor' AND session_user IN ('unbroken_ingest', 'unbroken_evaluator', 'unbroken_api', 'unbroken_alerts',
            'unbroken_backup') AND found <> replace(session_user, 'unbroken_', 'part:')
            AND (session_user <> 'unbroken_api' OR found LIKE 'part:%') THEN
        RAISE EXCEPTION 'the database role % may not act as %', session_user, found USING ERRCODE = 'UB003';
    END IF;
    RETURN found;
END
$$;

-- It writes the trail with its owner's rights: a trigger on a table of one's own could forge lines.
REVOKE EXECUTE ON FUNCTION write_trail() FROM PUBLIC;

-- Evidence stays as it is, also for whoever owns it, unless the trigger is taken away first. Readings and their conflicts
-- are held by privileges alone: whoever owns them removes them after their time.
CREATE TRIGGER verdicts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON verdicts EXECUTE FUNCTION refuse_change();

CREATE TRIGGER verdict_lapses_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON verdict_lapses
    EXECUTE FUNCTION refuse_change();

CREATE TRIGGER corrections_stay BEFORE UPDATE OR DELETE ON corrections EXECUTE FUNCTION refuse_change();

CREATE TRIGGER redrives_stay BEFORE UPDATE OR DELETE ON redrives EXECUTE FUNCTION refuse_change();

CREATE TRIGGER moves_stay BEFORE UPDATE OR DELETE ON moves EXECUTE FUNCTION refuse_change();

CREATE TRIGGER door_graces_stay BEFORE UPDATE OR DELETE ON door_graces EXECUTE FUNCTION refuse_change();

CREATE TRIGGER alerting_stays BEFORE UPDATE OR DELETE ON alerting EXECUTE FUNCTION refuse_change();

-- An alert that came to nothing is forgotten, with its steps. One that anybody can have heard of is not.
CREATE TRIGGER heard_of_stays BEFORE DELETE ON alerts FOR EACH ROW WHEN (OLD.state <> 'pending')
    EXECUTE FUNCTION refuse_change();

-- To lock a row PostgreSQL asks for the right to change some column of it. Where a part is to change none it is given that
-- to the id, which never changes.
CREATE TRIGGER id_stays BEFORE UPDATE OF id ON lots EXECUTE FUNCTION refuse_change();

CREATE TRIGGER id_stays BEFORE UPDATE OF id ON containers EXECUTE FUNCTION refuse_change();

CREATE TRIGGER id_stays BEFORE UPDATE OF id ON series EXECUTE FUNCTION refuse_change();

CREATE TRIGGER id_stays BEFORE UPDATE OF id ON profiles EXECUTE FUNCTION refuse_change();
