/** The column, not required yet. Rows that are there get nothing; what is inserted from now on gets the default. */
exports.AddMemo = class AddMemo1700000000001 {
  async up(queryRunner) {
    await queryRunner.query(
      `ALTER TABLE transactions ADD COLUMN memo varchar(500), ALTER COLUMN memo SET DEFAULT ''`,
    );
  }

  async down(queryRunner) {
    await queryRunner.query(`ALTER TABLE transactions DROP COLUMN memo`);
  }
};
