-- Whoever acts is the name that answers give: no statement names it, so none can name another.
ALTER TABLE corrections ALTER COLUMN recorded_by SET DEFAULT acting_as('actor_name');

ALTER TABLE recorded_calibrations ALTER COLUMN recorded_by SET DEFAULT acting_as('actor_name');

ALTER TABLE recorded_clock_mends ALTER COLUMN recorded_by SET DEFAULT acting_as('actor_name');

ALTER TABLE recorded_absences ALTER COLUMN recorded_by SET DEFAULT acting_as('actor_name');

ALTER TABLE door_graces ALTER COLUMN recorded_by SET DEFAULT acting_as('actor_name');

ALTER TABLE alerting ALTER COLUMN recorded_by SET DEFAULT acting_as('actor_name');

ALTER TABLE moves ALTER COLUMN recorded_by SET DEFAULT acting_as('actor_name');

ALTER TABLE silences ALTER COLUMN recorded_by SET DEFAULT acting_as('actor_name');

-- A redrive's note was to hold who did it and why.
ALTER TABLE redrives RENAME COLUMN note TO reason;

ALTER TABLE redrives ADD COLUMN recorded_by text NOT NULL DEFAULT 'before accounts';

ALTER TABLE redrives ALTER COLUMN recorded_by SET DEFAULT acting_as('actor_name');
