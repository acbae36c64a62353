-- Papers: what beside the temperature decides whether a lot may be used. What counts only once quality has signed it is
-- a change to sign of its own (change_id), as corrections are; change_id is NULL where it was adopted by this migration.

-- from_before: it was there before there were papers, and answers by temperature alone until it has a specification.
ALTER TABLE products
    ADD COLUMN gtin        text UNIQUE CHECK (gtin ~ '^[0-9]{14}$'),
    ADD COLUMN from_before boolean NOT NULL DEFAULT false,
    ADD COLUMN retired_at  timestamptz;

UPDATE products SET from_before = true;

ALTER TABLE sites ADD COLUMN retired_at timestamptz;

ALTER TABLE containers ADD COLUMN retired_at timestamptz;

ALTER TABLE loggers ADD COLUMN retired_at timestamptz;

-- shares_number: its lot number is another lot's of the product, too, from when that was not refused.
ALTER TABLE lots
    ADD COLUMN expires_on    date,
    ADD COLUMN shares_number boolean NOT NULL DEFAULT false;

UPDATE lots SET shares_number = true WHERE EXISTS (
    SELECT FROM lots AS other
    WHERE other.product_id = lots.product_id AND other.lot_number = lots.lot_number AND other.id < lots.id
);

CREATE UNIQUE INDEX lots_by_number ON lots (product_id, lot_number) WHERE NOT shares_number;

-- The items that a certificate must meet, as a JSON document; a version is never changed.
CREATE TABLE specifications (
    id          text NOT NULL,
    version     integer NOT NULL,
    document    jsonb NOT NULL,
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (id, version)
);

CREATE TRIGGER specifications_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON specifications
    EXECUTE FUNCTION refuse_change();

-- What a product asks for: of each kind (and stage) the newest that is signed counts, and of profiles every one does.
CREATE TABLE adoptions (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    product_id            text NOT NULL REFERENCES products,
    kind                  text NOT NULL CHECK (kind IN ('profile', 'specification', 'release')),
    stage                 text CHECK (stage IN ('storage', 'thawed', 'reconstituted')),
    profile_id            text,
    profile_version       integer,
    specification_id      text,
    specification_version integer,
    -- As many accounts sign a release; 0: no release is asked for.
    release_signatures    smallint CHECK (release_signatures BETWEEN 0 AND 2),
    recorded_by           text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at           timestamptz NOT NULL DEFAULT now(),
    change_id             bigint REFERENCES changes_to_sign,
    FOREIGN KEY (profile_id, profile_version) REFERENCES profiles,
    FOREIGN KEY (specification_id, specification_version) REFERENCES specifications,
    CHECK ((kind = 'profile') = (stage IS NOT NULL AND profile_id IS NOT NULL AND profile_version IS NOT NULL)),
    CHECK ((kind = 'specification') = (specification_id IS NOT NULL AND specification_version IS NOT NULL)),
    CHECK ((kind = 'release') = (release_signatures IS NOT NULL)),
    CHECK (change_id IS NOT NULL OR recorded_by = 'this migration')
);

CREATE INDEX adoptions_by_product ON adoptions (product_id, kind, id);

INSERT INTO adoptions (product_id, kind, stage, profile_id, profile_version, recorded_by)
SELECT id, 'profile', 'storage', profile_id, profile_version, 'this migration' FROM products
UNION SELECT product_id, 'profile', 'storage', profile_id, profile_version, 'this migration' FROM lots;

CREATE TRIGGER adoptions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON adoptions EXECUTE FUNCTION refuse_change();

ALTER TABLE changes_to_sign ADD COLUMN signatures_needed smallint NOT NULL DEFAULT 1;

-- A change may touch all lots of a product.
ALTER TABLE change_reaches
    ADD COLUMN product_id text REFERENCES products,
    DROP CONSTRAINT change_reaches_check,
    ADD CONSTRAINT change_reaches_check
        CHECK (num_nonnulls(lot_id, container_id, series_id, logger_id, product_id) = 1);

ALTER TABLE documents
    ADD COLUMN media_type text,
    ADD COLUMN name       text;

-- items: what the certificate states, by name of the item; judged: what became of each, against that specification.
CREATE TABLE certificates (
    id                    bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id                text NOT NULL REFERENCES lots,
    version               integer NOT NULL,
    specification_id      text NOT NULL,
    specification_version integer NOT NULL,
    issued_on             date NOT NULL,
    signatory             text NOT NULL,
    items                 jsonb NOT NULL,
    judged                jsonb NOT NULL,
    sha256                bytea REFERENCES documents,
    recorded_by           text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at           timestamptz NOT NULL DEFAULT now(),
    change_id             bigint NOT NULL REFERENCES changes_to_sign,
    UNIQUE (lot_id, version),
    FOREIGN KEY (specification_id, specification_version) REFERENCES specifications
);

CREATE TRIGGER certificates_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON certificates EXECUTE FUNCTION refuse_change();

-- status: what was told of the lot when it was decided. Of a release each signature is asked for; the others count at once.
CREATE TABLE dispositions (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id      text NOT NULL REFERENCES lots,
    decision    text NOT NULL CHECK (decision IN ('released', 'quarantined', 'rejected')),
    reason      text NOT NULL,
    status      jsonb NOT NULL,
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    change_id   bigint NOT NULL REFERENCES changes_to_sign
);

CREATE INDEX dispositions_by_lot ON dispositions (lot_id, id);

CREATE TRIGGER dispositions_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON dispositions EXECUTE FUNCTION refuse_change();

-- A limit was passed after a release: it does not come back, whatever is found later.
CREATE TABLE release_lapses (
    disposition_id bigint PRIMARY KEY REFERENCES dispositions,
    lapsed_at      timestamptz NOT NULL,
    reason         text NOT NULL
);

CREATE TRIGGER release_lapses_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON release_lapses
    EXECUTE FUNCTION refuse_change();

-- A recall counts at once, and is lifted by what is signed.
CREATE TABLE recalls (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id      text NOT NULL REFERENCES lots,
    reason      text NOT NULL,
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now()
);

CREATE INDEX recalls_by_lot ON recalls (lot_id, id);

CREATE TRIGGER recalls_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON recalls EXECUTE FUNCTION refuse_change();

CREATE TABLE recall_lifts (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    recall_id   bigint NOT NULL UNIQUE REFERENCES recalls,
    reason      text NOT NULL,
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    change_id   bigint NOT NULL REFERENCES changes_to_sign
);

CREATE TRIGGER recall_lifts_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON recall_lifts EXECUTE FUNCTION refuse_change();

-- Quality's judgement of one stretch of time, of a lot or of all that were in a container; struck: it counts no more.
CREATE TABLE assessments (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id        text REFERENCES lots,
    container_id  text REFERENCES containers,
    finding       text NOT NULL CHECK (finding IN ('gap', 'disputed', 'excursion')),
    from_at       timestamptz NOT NULL,
    until_at      timestamptz NOT NULL,
    accepted_s    double precision NOT NULL CHECK (accepted_s >= 0),
    evidence      text NOT NULL,
    sha256        bytea REFERENCES documents,
    deviation     text NOT NULL,
    recorded_by   text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    change_id     bigint NOT NULL REFERENCES changes_to_sign,
    struck_at     timestamptz,
    struck_reason text,
    CHECK (num_nonnulls(lot_id, container_id) = 1),
    CHECK (from_at < until_at),
    CHECK ((struck_at IS NULL) = (struck_reason IS NULL))
);

CREATE INDEX assessments_by_lot ON assessments (lot_id) WHERE lot_id IS NOT NULL;

CREATE INDEX assessments_by_container ON assessments (container_id) WHERE container_id IS NOT NULL;

-- What a lot had used of its limits before until_at, where our readings begin; the newest counts. used: a list of
-- direction, threshold_c and used_s.
CREATE TABLE carried_in (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id      text NOT NULL REFERENCES lots,
    until_at    timestamptz NOT NULL,
    used        jsonb NOT NULL,
    evidence    text NOT NULL,
    sha256      bytea REFERENCES documents,
    recorded_by text NOT NULL DEFAULT acting_as('actor_name'),
    recorded_at timestamptz NOT NULL DEFAULT now(),
    change_id   bigint NOT NULL REFERENCES changes_to_sign
);

CREATE INDEX carried_in_by_lot ON carried_in (lot_id, id);

CREATE TRIGGER carried_in_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON carried_in EXECUTE FUNCTION refuse_change();

-- Answers: a row whenever a lot's answer or the codes of its reasons change, with all that its status told.
CREATE TABLE answers (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id       text NOT NULL REFERENCES lots,
    decided_at   timestamptz NOT NULL,
    answer       text NOT NULL,
    reason_codes text[] NOT NULL,
    cause        text,
    status       json NOT NULL
);

CREATE INDEX answers_by_lot ON answers (lot_id, decided_at);

INSERT INTO answers (lot_id, decided_at, answer, reason_codes, cause, status)
SELECT lot_id, decided_at, status->>'answer',
    ARRAY(SELECT DISTINCT one->>'code' FROM jsonb_array_elements(reasons) AS one ORDER BY 1), cause, status::json
FROM verdicts WHERE status->>'answer' IS NOT NULL ORDER BY id;

CREATE TRIGGER answers_stay BEFORE UPDATE OR DELETE OR TRUNCATE ON answers EXECUTE FUNCTION refuse_change();

-- A verdict's own codes, beside those of the answer, which papers have a part in. What was judged before is judged again.
ALTER TABLE lot_states ADD COLUMN verdict_codes text[] NOT NULL DEFAULT '{}';

UPDATE lot_states SET verdict_codes = reason_codes;

-- Worst first by the answer: a recalled lot within its limits comes before one that is not proven.
ALTER TABLE lot_states DROP COLUMN rank;

ALTER TABLE lot_states
    ADD COLUMN rank smallint NOT NULL GENERATED ALWAYS AS
        (CASE WHEN answer = 'do_not_use' THEN 0 WHEN answer = 'not_proven' THEN 1 WHEN verdict = 'at_risk' THEN 2
            ELSE 3 END) STORED;

CREATE INDEX lot_states_worst_first ON lot_states (rank, lot_id);

CREATE INDEX lot_states_by_answer ON lot_states (answer, rank, lot_id);

-- What a row of a verdict's history says of the answer is from before answers had a history of their own.
ALTER TABLE verdicts ADD COLUMN answer text;

CALL keep_trail('specifications', 'everybody', 'id', 'version');

CALL keep_trail('adoptions', 'everybody', 'id');

CALL keep_trail('certificates', 'everybody', 'id');

CALL keep_trail('dispositions', 'everybody', 'id');

CALL keep_trail('recalls', 'everybody', 'id');

CALL keep_trail('recall_lifts', 'everybody', 'id');

CALL keep_trail('assessments', 'everybody', 'id');

CALL keep_trail('carried_in', 'everybody', 'id');
