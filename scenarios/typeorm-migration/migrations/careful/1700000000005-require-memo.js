/** What the constraint has proved needs no look at the table (PostgreSQL 12 and later). */
exports.RequireMemo = class RequireMemo1700000000005 {
  async up(queryRunner) {
    await queryRunner.query(`ALTER TABLE transactions ALTER COLUMN memo SET NOT NULL`);
    await queryRunner.query(`ALTER TABLE transactions DROP CONSTRAINT memo_present`);
  }

  async down(queryRunner) {
    await queryRunner.query(`ALTER TABLE transactions ADD CONSTRAINT memo_present CHECK (memo IS NOT NULL) NOT VALID`);
    await queryRunner.query(`ALTER TABLE transactions ALTER COLUMN memo DROP NOT NULL`);
  }
};
