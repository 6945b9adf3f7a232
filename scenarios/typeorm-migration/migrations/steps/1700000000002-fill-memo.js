/** What is there is filled, 5,000 rows at a time. */
exports.FillMemo = class FillMemo1700000000002 {
  async up(queryRunner) {
    for (let last = "0"; last !== null; ) {
      const [{ next }] = await queryRunner.query(
        `SELECT max(id) AS next FROM (SELECT id FROM transactions WHERE id > $1 ORDER BY id LIMIT 5000) batch`,
        [last],
      );
      await queryRunner.query(
        `UPDATE transactions SET memo = 'Payment of ' || amount WHERE id > $1 AND id <= $2 AND memo IS NULL`,
        [last, next],
      );
      last = next;
    }
  }

  async down() {}
};
