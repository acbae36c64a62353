-- A lot is looked for by any part of its id or of the number on its vial, among very many.
CREATE EXTENSION IF NOT EXISTS pg_trgm;

CREATE INDEX lots_by_name ON lots USING gin (lower(id || ' ' || lot_number) gin_trgm_ops);

CREATE INDEX lots_by_product ON lots (product_id);
