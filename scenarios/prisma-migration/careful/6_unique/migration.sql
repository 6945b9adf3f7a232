-- Nobody waits for this index; it can only be built outside of a transaction, so it is alone in its file.
CREATE UNIQUE INDEX CONCURRENTLY "transactions_public_id_key" ON "transactions"("public_id");
