-- Run once by the database container of deploy/compose.yaml, as superuser, and by hand once a version brings new roles:
-- it changes nothing but passwords that are there. `unbroken` owns the database and migrates it, and owns nothing else. Each
-- part comes in as a role of its own, to which `unbroken migrate` grants what that part does there, and no more.
\getenv password DATABASE_PASSWORD
SELECT 'CREATE ROLE unbroken' WHERE to_regrole('unbroken') IS NULL \gexec
ALTER ROLE unbroken LOGIN PASSWORD :'password';
ALTER DATABASE unbroken OWNER TO unbroken;

\getenv password DATABASE_INGEST_PASSWORD
SELECT 'CREATE ROLE unbroken_ingest' WHERE to_regrole('unbroken_ingest') IS NULL \gexec
ALTER ROLE unbroken_ingest LOGIN PASSWORD :'password';

\getenv password DATABASE_EVALUATOR_PASSWORD
SELECT 'CREATE ROLE unbroken_evaluator' WHERE to_regrole('unbroken_evaluator') IS NULL \gexec
ALTER ROLE unbroken_evaluator LOGIN PASSWORD :'password';

\getenv password DATABASE_ALERTS_PASSWORD
SELECT 'CREATE ROLE unbroken_alerts' WHERE to_regrole('unbroken_alerts') IS NULL \gexec
ALTER ROLE unbroken_alerts LOGIN PASSWORD :'password';

\getenv password DATABASE_API_PASSWORD
SELECT 'CREATE ROLE unbroken_api' WHERE to_regrole('unbroken_api') IS NULL \gexec
ALTER ROLE unbroken_api LOGIN PASSWORD :'password';

-- Backups are made inside the container, where no password is asked for.
SELECT 'CREATE ROLE unbroken_backup' WHERE to_regrole('unbroken_backup') IS NULL \gexec
ALTER ROLE unbroken_backup LOGIN;
