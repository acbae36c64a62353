-- What the changed readings are between, HI and LO as infinities; null: unknown, or none is usable.
ALTER TABLE dirty
    ADD COLUMN coldest_c double precision,
    ADD COLUMN warmest_c double precision;
