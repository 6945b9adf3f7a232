-- Alone in its file, since it refuses a transaction: Flyway sees that and runs the file without one.
CREATE INDEX CONCURRENTLY orders_placed_at ON orders (placed_at);
