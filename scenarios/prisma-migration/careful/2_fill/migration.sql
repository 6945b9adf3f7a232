-- What is there is filled, 5,000 rows at a time. Prisma sends a file as one: with a second statement in it, it would be
-- a transaction, in which COMMIT is refused.
DO $$
DECLARE
    "last" bigint := 0;
    "next" bigint;
BEGIN
    LOOP
        SELECT max("id") INTO "next"
        FROM (SELECT "id" FROM "transactions" WHERE "id" > "last" ORDER BY "id" LIMIT 5000) AS "batch";
        EXIT WHEN "next" IS NULL;
        UPDATE "transactions" SET "public_id" = gen_random_uuid()
        WHERE "id" > "last" AND "id" <= "next" AND "public_id" IS NULL;
        COMMIT;
        "last" := "next";
    END LOOP;
END $$
