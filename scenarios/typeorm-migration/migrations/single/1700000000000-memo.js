/** All in one statement: a required column with a constant default. */
exports.Memo = class Memo1700000000000 {
  async up(queryRunner) {
    await queryRunner.query(`ALTER TABLE transactions ADD COLUMN memo varchar(500) NOT NULL DEFAULT ''`);
  }

  async down(queryRunner) {
    await queryRunner.query(`ALTER TABLE transactions DROP COLUMN memo`);
  }
};
