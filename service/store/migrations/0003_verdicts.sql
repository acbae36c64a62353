-- What the evaluator found. Times here are integer microseconds since 1970 (service/domain/instant.py).

CREATE TABLE container_records (
    container_id      text NOT NULL REFERENCES containers,
    max_gap_s         integer NOT NULL,
    thresholds        jsonb NOT NULL,
    measured_until_us bigint NOT NULL,
    open_beyond       jsonb NOT NULL,
    PRIMARY KEY (container_id, max_gap_s)
);

CREATE TABLE threshold_spans (
    container_id text NOT NULL,
    max_gap_s    integer NOT NULL,
    direction    text NOT NULL,
    threshold_c  double precision NOT NULL,
    disputed     boolean NOT NULL,
    from_us      bigint NOT NULL,
    until_us     bigint NOT NULL CHECK (until_us > from_us),
    PRIMARY KEY (container_id, max_gap_s, direction, threshold_c, disputed, from_us)
);

CREATE TABLE gap_spans (
    container_id text NOT NULL,
    max_gap_s    integer NOT NULL,
    from_us      bigint NOT NULL,
    until_us     bigint NOT NULL CHECK (until_us > from_us),
    PRIMARY KEY (container_id, max_gap_s, from_us)
);

-- One row whenever a verdict or its reason codes change.
CREATE TABLE verdicts (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    lot_id     text NOT NULL REFERENCES lots,
    decided_at timestamptz NOT NULL,
    verdict    text NOT NULL,
    reasons    jsonb NOT NULL,
    limits     jsonb NOT NULL
);

CREATE INDEX verdicts_by_lot ON verdicts (lot_id, decided_at);

-- The latest verdict of each lot, and when time alone may change it.
CREATE TABLE lot_states (
    lot_id        text PRIMARY KEY REFERENCES lots,
    verdict       text NOT NULL,
    reason_codes  text[] NOT NULL,
    changes_at_us bigint
);

CREATE INDEX lot_states_by_change ON lot_states (changes_at_us);

CREATE TABLE alerts (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    container_id text NOT NULL REFERENCES containers,
    cause        text NOT NULL,
    state        text NOT NULL CHECK (state IN ('pending', 'firing', 'acknowledged', 'resolved')),
    severity     text NOT NULL,
    began_at     timestamptz NOT NULL,
    fired_at     timestamptz,
    resolved_at  timestamptz,
    summary      text NOT NULL,
    lot_ids      text[] NOT NULL
);

CREATE UNIQUE INDEX one_open_alert ON alerts (container_id, cause) WHERE state <> 'resolved';

-- Written after a delivery succeeded, so that a death in between repeats a message and never loses one.
CREATE TABLE notifications (
    alert_id     bigint NOT NULL REFERENCES alerts,
    receiver     text NOT NULL,
    event        text NOT NULL CHECK (event IN ('firing', 'resolved')),
    delivered_at timestamptz NOT NULL,
    PRIMARY KEY (alert_id, receiver, event)
);
