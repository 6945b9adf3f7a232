/** Every row has one: from now on it is required. */
exports.RequireMemo = class RequireMemo1700000000003 {
  async up(queryRunner) {
    await queryRunner.query(`ALTER TABLE transactions ALTER COLUMN memo SET NOT NULL`);
  }

  async down(queryRunner) {
    await queryRunner.query(`ALTER TABLE transactions ALTER COLUMN memo DROP NOT NULL`);
  }
};
