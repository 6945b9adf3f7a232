/** Reads the whole table, under a lock that is in nobody's way. */
exports.ValidateMemo = class ValidateMemo1700000000004 {
  async up(queryRunner) {
    await queryRunner.query(`ALTER TABLE transactions VALIDATE CONSTRAINT memo_present`);
  }

  async down() {}
};
