-- Rows that are there get nothing, which takes no time; what is inserted from now on gets the default.
ALTER TABLE "transactions" ADD COLUMN "public_id" UUID;
ALTER TABLE "transactions" ALTER COLUMN "public_id" SET DEFAULT gen_random_uuid();
