-- A logger that says no time: its reading has the time it reached us. Null everywhere else.

ALTER TABLE readings ADD COLUMN stamped_on_arrival boolean;
