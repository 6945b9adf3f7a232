/** From now on it is required, whatever the rows have that are there: nothing is read. */
exports.CheckMemo = class CheckMemo1700000000003 {
  async up(queryRunner) {
    await queryRunner.query(
      `ALTER TABLE transactions ADD CONSTRAINT memo_present CHECK (memo IS NOT NULL) NOT VALID`,
    );
  }

  async down(queryRunner) {
    await queryRunner.query(`ALTER TABLE transactions DROP CONSTRAINT memo_present`);
  }
};
