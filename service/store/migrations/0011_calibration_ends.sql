-- The calibration that ended this one, where nobody had given it an end: withdrawn, it gives the time back.
ALTER TABLE recorded_calibrations ADD COLUMN ended_by text REFERENCES recorded_calibrations;
