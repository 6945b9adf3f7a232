-- Somebody wants totals beyond 99,999,999.99, and four decimals while at it. Digits before the point cost nothing; another
-- scale rewrites the table and its indexes under ACCESS EXCLUSIVE.
ALTER TABLE orders ALTER COLUMN total TYPE numeric(14, 4);
