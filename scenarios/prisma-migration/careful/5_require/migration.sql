-- What the constraint has proved needs no look at the table (PostgreSQL 12 and later).
ALTER TABLE "transactions" ALTER COLUMN "public_id" SET NOT NULL;
ALTER TABLE "transactions" DROP CONSTRAINT "public_id_present";
