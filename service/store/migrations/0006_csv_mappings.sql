-- What the columns of one logger model's CSV files are, where their names do not say it.

CREATE TABLE csv_mappings (
    model       text PRIMARY KEY,
    columns     jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now()
);
