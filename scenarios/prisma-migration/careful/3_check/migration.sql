-- From now on it is required, whatever the rows have that are there: nothing is read.
ALTER TABLE "transactions" ADD CONSTRAINT "public_id_present" CHECK ("public_id" IS NOT NULL) NOT VALID;
