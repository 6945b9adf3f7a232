CREATE TABLE items (
    id          bigint PRIMARY KEY,
    name        text NOT NULL,
    price       numeric(10, 2) NOT NULL,
    stock       integer NOT NULL,
    price_cents bigint                                   -- to be filled from `price`
) WITH (
    -- Vacuum after one row in a hundred, not in five: what a busy table should have anyhow.
    autovacuum_vacuum_scale_factor = 0.01
);
