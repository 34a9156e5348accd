import { randomUUID } from "node:crypto";
import pg from "pg";

const server = process.env.TEST_POSTGRES_URL ?? "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable";

/** A PostgreSQL database of this test's own; drop deletes it. */
export class Database {
  readonly name = `e2e_${randomUUID().slice(0, 8)}`;

  static async create(): Promise<Database> {
    const db = new Database();
    await db.admin(`CREATE DATABASE ${db.name}`);
    return db;
  }

  get url(): string {
    const url = new URL(server);
    url.pathname = `/${this.name}`;
    return url.toString();
  }

  /** Runs a statement in this database. */
  async query(sql: string): Promise<void> {
    await this.run(this.url, sql);
  }

  async drop(): Promise<void> {
    await this.admin(`DROP DATABASE ${this.name} WITH (FORCE)`);
  }

  private admin(sql: string): Promise<void> {
    return this.run(server, sql);
  }

  private async run(address: string, sql: string): Promise<void> {
    const url = new URL(address);
    url.searchParams.delete("sslmode");
    const client = new pg.Client({ connectionString: url.toString() });
    await client.connect();
    try {
      await client.query(sql);
    } finally {
      await client.end();
    }
  }
}
