-- A mark named the correction that made it, so that what it did to verdicts could be listed. Nobody reads that any more.
ALTER TABLE dirty DROP COLUMN correction_id;
