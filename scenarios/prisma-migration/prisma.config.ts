import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";

/** This adapter does not know PostgreSQL's type `name`, in which the catalog is written: it is told that it is text. */
class Client extends pg.Client {
  query(...given: any[]): any {
    const last = given.at(-1);
    if (typeof last === "function") {
      return super.query(...(given.slice(0, -1) as [any]), (error: any, result: any) => last(error, asText(result)));
    }
    const asked: any = super.query(...(given as [any]));
    return typeof asked?.then === "function" ? asked.then(asText) : asked;
  }
}

function asText(answer: any) {
  for (const result of [answer].flat()) {
    for (const field of result?.fields ?? []) {
      if (field.dataTypeID === 19) field.dataTypeID = 25;
    }
  }
  return answer;
}

/** This adapter cuts a file at each semicolon, those of comments and functions too; Prisma's own engine sends it as one. */
class Postgres extends PrismaPg {
  async connect() {
    const adapter: any = await super.connect();
    adapter.executeScript = async (script: string) => {
      await adapter.client.query(script).catch((error: unknown) => adapter.onError(error));
    };
    return adapter;
  }
}

export default {
  schema: "schema.prisma",
  // The same change twice; a project of your own has one folder of migrations.
  migrations: { path: process.env.MIGRATIONS },
  // Without the engine that Prisma would load from elsewhere.
  engine: "js",
  experimental: { adapter: true },
  adapter: async () =>
    new Postgres({ connectionString: process.env.DATABASE_URL, Client, idleTimeoutMillis: 100 } as any),
};
