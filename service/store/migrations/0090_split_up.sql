-- When the last of a lot's units went into a part: from then on nothing of it is left. NULL: something is.
ALTER TABLE lots ADD COLUMN split_up_at timestamptz;

-- The holder of a vial is asked for by product, prefix and number.
CREATE INDEX serial_ranges_by_number ON serial_ranges (product_id, prefix, last_number);
