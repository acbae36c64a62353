-- Every change of time already judged is listed with the corrections: one that recorded something new replaced nothing.
ALTER TABLE corrections ALTER COLUMN was DROP NOT NULL;
