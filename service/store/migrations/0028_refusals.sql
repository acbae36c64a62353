-- What was refused: known by hashes, bounded in rows and bytes, and counted for each logger.

-- A topic may be longer than a row of an index takes.
ALTER TABLE rejected_messages DROP CONSTRAINT rejected_messages_sha256_topic_key;
CREATE UNIQUE INDEX rejected_messages_content ON rejected_messages (sha256, md5(topic));

-- One row: what `rejected_messages` holds, so that nobody need count it. Of a message its payload, topic and explanation.
CREATE TABLE rejected_totals (
    one      boolean PRIMARY KEY DEFAULT true CHECK (one),
    messages bigint NOT NULL,
    bytes    bigint NOT NULL
);
INSERT INTO rejected_totals (messages, bytes)
SELECT count(*), coalesce(sum(coalesce(octet_length(payload), 0) + octet_length(topic) + octet_length(explanation)), 0)
FROM rejected_messages;

-- How many of them are a logger's: one must not use up the room of all. '' is nobody's whom we know.
CREATE TABLE rejected_shares (
    logger_id text PRIMARY KEY,
    messages  bigint NOT NULL
);

-- Messages of a logger that were refused, in whole or in part, by hour; some days are kept.
CREATE TABLE refusals (
    logger_id text NOT NULL,
    code      text NOT NULL,
    hour      timestamptz NOT NULL,
    times     bigint NOT NULL,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    PRIMARY KEY (logger_id, hour, code)
);
CREATE INDEX refusals_hour ON refusals (hour);
