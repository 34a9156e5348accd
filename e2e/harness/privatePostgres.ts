import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pg from "pg";
import { freePort } from "./portal.ts";
import { until } from "./until.ts";

const installed = "/usr/lib/postgresql";

function program(name: string): string {
  const dir = process.env.POSTGRES_BIN ?? join(installed, readdirSync(installed).sort().at(-1)!, "bin");
  return join(dir, name);
}

/** Who runs it: PostgreSQL refuses to be root. */
function owner(): { uid?: number; gid?: number } {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string) => Number(execFileSync("id", [flag, "postgres"]).toString());
  return { uid: id("-u"), gid: id("-g") };
}

/** A PostgreSQL of the test's own, which can be frozen, killed, made read-only, and used again. */
export class PrivatePostgres {
  private readonly dir = mkdtempSync(join(tmpdir(), "portal-postgres-"));
  private readonly who = owner();
  private child?: ChildProcess;
  private exited?: Promise<unknown>;
  private constructor(private readonly port: number) {}

  static async start(): Promise<PrivatePostgres> {
    const p = new PrivatePostgres(await freePort());
    if (p.who.uid !== undefined) chownSync(p.dir, p.who.uid, p.who.gid!);
    execFileSync(program("initdb"), ["-D", p.dir, "-U", "postgres", "-A", "trust", "--no-sync"], { ...p.who, cwd: p.dir, stdio: "ignore" });
    await p.start();
    return p;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Starts the server and returns once it takes connections. */
  async start(): Promise<void> {
    const settings = ["listen_addresses=127.0.0.1", `port=${this.port}`, "unix_socket_directories="].flatMap((s) => ["-c", s]);
    this.child = spawn(program("postgres"), ["-D", this.dir, ...settings], { ...this.who, cwd: this.dir, stdio: "ignore" });
    this.exited = new Promise((r) => this.child!.on("close", r));
    await until("a PostgreSQL of its own", () => this.query("SELECT 1").then(() => true), 30_000);
  }

  /** Every statement from now on begins, or doesn't begin, in a transaction that may not write. */
  async readOnly(on: boolean): Promise<void> {
    await this.query("SET default_transaction_read_only = off", `ALTER SYSTEM SET default_transaction_read_only = ${on}`, "SELECT pg_reload_conf()");
  }

  /** Stands still: connections stay open and nothing answers. */
  freeze(): void {
    this.signal("SIGSTOP");
  }

  thaw(): void {
    this.signal("SIGCONT");
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.signal("SIGKILL");
    await this.exited;
  }

  async dispose(): Promise<void> {
    if (this.child?.exitCode === null && this.child.signalCode === null) await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }

  /** The server first, so that it makes no further child meanwhile. */
  private signal(name: NodeJS.Signals): void {
    const pid = this.child!.pid!;
    const children = () => readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").split(" ").filter(Boolean).map(Number);
    const before = children();
    process.kill(pid, name);
    for (const child of new Set(name === "SIGKILL" ? before : children())) {
      try {
        process.kill(child, name);
      } catch {
        // ended by itself
      }
    }
  }

  private async query(...statements: string[]): Promise<void> {
    const client = new pg.Client({ connectionString: this.url });
    client.on("error", () => {}); // the server may go meanwhile
    await client.connect();
    try {
      for (const sql of statements) await client.query(sql);
    } finally {
      await client.end();
    }
  }
}
