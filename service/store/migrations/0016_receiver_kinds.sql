-- What kind of receiver a message is for: the log is nobody who is told. Null: planned before this was recorded.
ALTER TABLE notifications ADD COLUMN kind text;

-- Receivers that take nothing are looked for every ten seconds; nearly all there ever was is delivered.
CREATE INDEX notifications_missed ON notifications (receiver, finished_at) WHERE outcome IS DISTINCT FROM 'delivered';

DROP INDEX notifications_failed;
