-- What could not be judged when it was tried last: its marks stay, everybody else's go on. The subject is a mark's.
CREATE TABLE unjudged (
    series_id    integer,
    container_id text,
    lot_id       text,
    -- Where that is or was; NULL: in no container.
    found_in     text,
    since_at     timestamptz NOT NULL,
    error        text NOT NULL,
    CHECK (num_nonnulls(series_id, container_id, lot_id) = 1),
    UNIQUE NULLS NOT DISTINCT (series_id, container_id, lot_id)
);

-- Where a series is attached, asked of every mark: the exclusion of overlaps is by another kind of index, and slower.
CREATE INDEX attachments_by_series ON recorded_attachments (series_id, from_at) WHERE superseded_by IS NULL;
