-- Alerts of containers, of lots and of the service itself; who was told what, and an outbox of what is still to be told.
ALTER TABLE alerts
    ALTER COLUMN container_id DROP NOT NULL,
    -- 'container:…', 'lot:…', 'receiver:…' or 'service:…'.
    ADD COLUMN subject         text,
    ADD COLUMN name            text,
    ADD COLUMN site_id         text REFERENCES sites,
    -- Pending: when it fires, unless it ends before.
    ADD COLUMN due_at          timestamptz,
    -- Since when what it tells of is no longer so; it may come back.
    ADD COLUMN calm_since      timestamptz,
    -- Over before we heard of it.
    ADD COLUMN past            boolean NOT NULL DEFAULT false,
    ADD COLUMN acknowledged_at timestamptz,
    ADD COLUMN acknowledged_by text,
    ADD COLUMN figures         jsonb NOT NULL DEFAULT '{}';

UPDATE alerts SET subject = 'container:' || container_id, name = containers.name, site_id = containers.site_id
    FROM containers WHERE containers.id = container_id;

ALTER TABLE alerts
    ALTER COLUMN subject SET NOT NULL,
    ALTER COLUMN name SET NOT NULL;

DROP INDEX one_open_alert;

CREATE UNIQUE INDEX one_open_alert ON alerts (subject, cause) WHERE state <> 'resolved';

CREATE INDEX alerts_by_subject ON alerts (subject, cause, began_at);

CREATE TABLE alert_steps (
    id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id bigint NOT NULL REFERENCES alerts ON DELETE CASCADE,
    taken_at timestamptz NOT NULL,
    was      text,
    becomes  text NOT NULL,
    reason   text NOT NULL,
    taken_by text NOT NULL,
    comment  text
);

CREATE INDEX alert_steps_by_alert ON alert_steps (alert_id);

-- What differs from a rule's own figures, and what to do at a container; the highest version is in force.
CREATE TABLE alerting (
    scope       text NOT NULL CHECK (scope IN ('profile', 'container')),
    scope_id    text NOT NULL,
    version     integer NOT NULL,
    overrides   jsonb NOT NULL,
    instruction text NOT NULL,
    -- When a shipper is to be where it goes; until then its silence is no news.
    due_at      timestamptz,
    reason      text NOT NULL,
    recorded_by text NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (scope, scope_id, version)
);

CREATE TABLE silences (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- Null: any.
    site_id      text REFERENCES sites,
    container_id text REFERENCES containers,
    cause        text,
    from_at      timestamptz NOT NULL,
    until_at     timestamptz NOT NULL CHECK (until_at > from_at),
    reason       text NOT NULL,
    recorded_by  text NOT NULL,
    recorded_at  timestamptz NOT NULL DEFAULT now()
);

-- What was decided to be told of an alert, and to whom: the memory of the policy.
CREATE TABLE tellings (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    alert_id    bigint NOT NULL REFERENCES alerts,
    told_at     timestamptz NOT NULL,
    reason      text NOT NULL,
    severity    text NOT NULL,
    level       integer NOT NULL,
    lots        integer NOT NULL,
    budget_gone boolean NOT NULL,
    receivers   text[] NOT NULL
);

CREATE INDEX tellings_by_alert ON tellings (alert_id, id);

INSERT INTO tellings (alert_id, told_at, reason, severity, level, lots, budget_gone, receivers)
    SELECT alert_id, max(delivered_at), CASE event WHEN 'firing' THEN 'first' ELSE 'resolved' END, severity, 0,
        cardinality(lot_ids), false, array_agg(receiver)
    FROM notifications JOIN alerts ON alerts.id = alert_id GROUP BY alert_id, event, severity, lot_ids
    ORDER BY alert_id, event;

DROP TABLE notifications;

-- One message to one receiver, until it took it or for ever refused.
CREATE TABLE notifications (
    id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    -- The same however often it is sent.
    key          text NOT NULL,
    receiver     text NOT NULL,
    reason       text NOT NULL,
    alert_ids    bigint[] NOT NULL,
    site_id      text,
    level        integer NOT NULL,
    severity     text NOT NULL,
    document     jsonb NOT NULL,
    created_at   timestamptz NOT NULL,
    not_before   timestamptz NOT NULL,
    leased_by    text,
    leased_until timestamptz,
    attempts     integer NOT NULL DEFAULT 0,
    error        text,
    -- Null: still to be sent. Overtaken: a newer message says the same and more.
    outcome      text CHECK (outcome IN ('delivered', 'failed', 'overtaken')),
    finished_at  timestamptz,
    UNIQUE (key, receiver)
);

CREATE INDEX notifications_to_send ON notifications (not_before) WHERE outcome IS NULL;

CREATE INDEX notifications_by_alert ON notifications USING gin (alert_ids);

CREATE INDEX notifications_delivered ON notifications (receiver, finished_at) WHERE outcome = 'delivered';

CREATE INDEX notifications_failed ON notifications (receiver) WHERE outcome = 'failed';

CREATE INDEX alerts_by_end ON alerts (greatest(resolved_at, fired_at)) WHERE state = 'resolved';
