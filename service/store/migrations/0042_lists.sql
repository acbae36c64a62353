-- Lots are listed worst first, by what was judged of each last.
ALTER TABLE lot_states
    ADD COLUMN rank smallint NOT NULL GENERATED ALWAYS AS
        (CASE verdict WHEN 'nonviable' THEN 0 WHEN 'at_risk' THEN 2 WHEN 'viable' THEN 3 ELSE 1 END) STORED;

CREATE INDEX lot_states_worst_first ON lot_states (rank, lot_id);

CREATE INDEX lot_states_by_answer ON lot_states (answer, rank, lot_id);

-- Those that are not over are few among many that are.
CREATE INDEX alerts_not_over ON alerts (id) WHERE state <> 'resolved';
