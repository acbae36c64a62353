-- Hourly and daily figures of each series, for drawing; no verdict rests on them. Raw values at raw times, as sent.

-- A plain table: a twelfth of the readings at one every five minutes, and there are no continuous aggregates in the
-- Apache edition. Its hours and days are those of UTC.
CREATE TABLE rollups (
    series_id  integer NOT NULL,
    length_s   integer NOT NULL CHECK (length_s IN (3600, 86400)),
    from_at    timestamptz NOT NULL,
    readings   integer NOT NULL CHECK (readings > 0),
    numbers    integer NOT NULL,
    hi         integer NOT NULL,
    lo         integer NOT NULL,
    -- Of the numbers; their mean is this ÷ numbers, so that days add up from hours.
    sum_c      double precision,
    -- 'Infinity' is "HI" and '-Infinity' is "LO": beyond the logger's range is farther than any of its numbers.
    -- Null where no reading is usable; the times are then of the first reading.
    coldest_c  double precision,
    coldest_at timestamptz NOT NULL,
    warmest_c  double precision,
    warmest_at timestamptz NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    PRIMARY KEY (series_id, length_s, from_at)
);

-- Readings of a series measured before until_at (null: all of them) are not rolled up yet. They are worked off from the
-- newest to the oldest, some after each pass of the evaluator. A row begins without an end, so that it covers whatever
-- an evaluator of an older version leaves behind before it is stopped.
CREATE TABLE rollups_waiting (
    series_id integer PRIMARY KEY,
    until_at  timestamptz
);

INSERT INTO rollups_waiting (series_id) SELECT id FROM series;
