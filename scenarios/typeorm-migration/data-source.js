const { DataSource } = require("typeorm");

module.exports = new DataSource({
  type: "postgres",
  // The driver's own words for an address, sockets among them.
  extra: { connectionString: process.env.DATABASE_URL },
  // The same change three times; a project of your own has one folder of migrations.
  migrations: [`${__dirname}/migrations/${process.env.MIGRATIONS}/*.js`],
});
