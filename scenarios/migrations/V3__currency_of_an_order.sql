-- A constant default is kept in the catalog (PostgreSQL 11 and later): no row is touched, and the lock is held for a moment.
ALTER TABLE orders ADD COLUMN currency char(3) NOT NULL DEFAULT 'EUR';
COMMENT ON COLUMN orders.currency IS 'ISO 4217';
