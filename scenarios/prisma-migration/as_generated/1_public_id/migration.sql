-- As `prisma migrate dev` writes it for `@unique @default(dbgenerated("gen_random_uuid()")) @db.Uuid`.

-- AlterTable
ALTER TABLE "transactions" ADD COLUMN     "public_id" UUID NOT NULL DEFAULT gen_random_uuid();

-- CreateIndex
CREATE UNIQUE INDEX "transactions_public_id_key" ON "transactions"("public_id");
