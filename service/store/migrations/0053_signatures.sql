-- What people signed: who, with which name printed, when, in which meaning, and the very words they signed.

-- content_sha256 is what the record was then; where the record is another now, the signature no longer holds. time_zone:
-- of the site whose record it is, or UTC.
CREATE TABLE signatures (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    record_kind    text NOT NULL CHECK (record_kind IN ('change', 'profile')),
    record_id      text NOT NULL,
    content        text NOT NULL,
    content_sha256 bytea NOT NULL CHECK (content_sha256 = sha256(convert_to(content, 'UTF8'))),
    meaning        text NOT NULL,
    account_id     bigint NOT NULL REFERENCES accounts,
    printed_name   text NOT NULL,
    known_by       text NOT NULL,
    signed_at      timestamptz NOT NULL DEFAULT now(),
    time_zone      text NOT NULL
);

CREATE INDEX signatures_by_record ON signatures (record_kind, record_id, id);

CREATE TRIGGER signatures_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON signatures
    EXECUTE FUNCTION refuse_change();

CALL keep_trail('signatures', 'everybody', 'id');

-- Since the first signature of a session its owner need only give the password for each further one.
ALTER TABLE sessions ADD COLUMN signed_at timestamptz;
