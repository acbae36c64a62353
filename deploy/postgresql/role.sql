-- Run once by the database container of deploy/compose.yaml, as superuser: the parts of Unbroken own their database, and
-- nothing else.
\getenv password DATABASE_PASSWORD
CREATE ROLE unbroken LOGIN PASSWORD :'password';
ALTER DATABASE unbroken OWNER TO unbroken;
