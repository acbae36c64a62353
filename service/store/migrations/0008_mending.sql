-- What people put right: calibrations, clocks, absences, slips of recording; and why a verdict changed.

-- was and becomes as people read them; a row that was withdrawn becomes nothing.
CREATE TABLE corrections (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    row_id      text NOT NULL,
    was         jsonb NOT NULL,
    becomes     jsonb,
    reason      text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);

-- Lots whose verdict got better in the pass that first knew of the correction.
CREATE TABLE improvements (
    correction_id bigint NOT NULL REFERENCES corrections,
    lot_id        text NOT NULL REFERENCES lots,
    was           text NOT NULL,
    verdict       text NOT NULL,
    decided_at    timestamptz NOT NULL,
    PRIMARY KEY (correction_id, lot_id)
);

-- Rows that were corrected stay where they were recorded. A view of the short name holds what counts, so that no query
-- can forget to leave the others out. A column added to a table here is to be added to its view too.
ALTER TABLE placements RENAME TO recorded_placements;

ALTER TABLE recorded_placements
    ADD COLUMN superseded_by bigint REFERENCES corrections,
    DROP CONSTRAINT placement_of_lot_overlaps,
    ADD CONSTRAINT placement_of_lot_overlaps
        EXCLUDE USING gist (lot_id WITH =, tstzrange(from_at, until_at) WITH &&) WHERE (superseded_by IS NULL);

CREATE VIEW placements AS
    SELECT id, lot_id, container_id, from_at, until_at, recorded_at
    FROM recorded_placements WHERE superseded_by IS NULL;

ALTER TABLE attachments RENAME TO recorded_attachments;

ALTER TABLE recorded_attachments
    ADD COLUMN superseded_by bigint REFERENCES corrections,
    DROP CONSTRAINT attachment_of_series_overlaps,
    ADD CONSTRAINT attachment_of_series_overlaps
        EXCLUDE USING gist (series_id WITH =, tstzrange(from_at, until_at) WITH &&) WHERE (superseded_by IS NULL);

CREATE VIEW attachments AS
    SELECT id, series_id, container_id, place, from_at, until_at, commissioned_at, recorded_at
    FROM recorded_attachments WHERE superseded_by IS NULL;

CREATE TABLE recorded_calibrations (
    id            text PRIMARY KEY,
    series_id     integer NOT NULL REFERENCES series,
    from_at       timestamptz NOT NULL,
    until_at      timestamptz,
    slope         double precision NOT NULL CHECK (slope BETWEEN 0.5 AND 2),
    offset_c      double precision NOT NULL CHECK (offset_c BETWEEN -50 AND 50),
    certificate   text NOT NULL,
    as_found      text CHECK (as_found IN ('pass', 'fail')),
    due_at        timestamptz,
    recorded_by   text NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_by bigint REFERENCES corrections,
    CONSTRAINT calibration_of_series_overlaps
        EXCLUDE USING gist (series_id WITH =, tstzrange(from_at, until_at) WITH &&) WHERE (superseded_by IS NULL)
);

CREATE VIEW calibrations AS
    SELECT id, series_id, from_at, until_at, slope, offset_c, certificate, as_found, due_at, recorded_by, recorded_at
    FROM recorded_calibrations WHERE superseded_by IS NULL;

-- from_at and until_at as the logger's own clock said; offset_us is added to the time of the readings between.
CREATE TABLE recorded_clock_mends (
    id            text PRIMARY KEY,
    logger_id     text NOT NULL REFERENCES loggers,
    from_at       timestamptz NOT NULL,
    until_at      timestamptz NOT NULL CHECK (until_at > from_at),
    offset_us     bigint NOT NULL,
    reason        text NOT NULL,
    recorded_by   text NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_by bigint REFERENCES corrections,
    CONSTRAINT clock_mend_of_logger_overlaps
        EXCLUDE USING gist (logger_id WITH =, tstzrange(from_at, until_at) WITH &&) WHERE (superseded_by IS NULL)
);

CREATE VIEW clock_mends AS
    SELECT id, logger_id, from_at, until_at, offset_us, reason, recorded_by, recorded_at
    FROM recorded_clock_mends WHERE superseded_by IS NULL;

-- attachment_id is the one first given: an attachment that was corrected keeps its absences (a~2 was a).
CREATE TABLE recorded_absences (
    id            text PRIMARY KEY,
    attachment_id text NOT NULL REFERENCES recorded_attachments,
    from_at       timestamptz NOT NULL,
    until_at      timestamptz NOT NULL CHECK (until_at > from_at),
    reason        text NOT NULL,
    recorded_by   text NOT NULL,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    superseded_by bigint REFERENCES corrections
);

CREATE INDEX absences_by_attachment ON recorded_absences (attachment_id);

CREATE VIEW absences AS
    SELECT id, attachment_id, from_at, until_at, reason, recorded_by, recorded_at
    FROM recorded_absences WHERE superseded_by IS NULL;

-- A mark without a cause is of readings that arrived.
ALTER TABLE dirty
    ADD COLUMN cause text,
    ADD COLUMN correction_id bigint;

-- status is all that was told then. Null in rows from before these columns: nobody wrote down why, nor all of it.
ALTER TABLE verdicts
    ADD COLUMN cause text,
    ADD COLUMN status jsonb;

ALTER TABLE containers
    ADD COLUMN declared_c double precision CHECK (declared_c IS NULL OR kind = 'ambient');
