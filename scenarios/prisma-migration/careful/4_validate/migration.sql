-- Reads the whole table, under a lock that is in nobody's way.
ALTER TABLE "transactions" VALIDATE CONSTRAINT "public_id_present";
