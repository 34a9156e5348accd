import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const shipped = resolve(process.env.PORTAL_BIN ?? resolve(import.meta.dirname, "../../bin/agentportal"));

export const secrets = { appSecret: "app-secret-of-tests", verifyToken: "verify-me" };

/** Two tenants in every test, so that a leak between them shows. */
export const seed = {
  tenants: ["acme", "globex"].map((id, i) => ({
    id,
    name: id === "acme" ? "Acme" : "Globex",
    whatsapp: {
      phoneNumberId: `105${i}`,
      displayPhoneNumber: `+1 555 010${i}`,
      accessToken: `token-${id}`,
      ...secrets,
    },
    users: [
      { id: `${id}-ann`, email: `ann@${id}.test`, password: "correct horse", name: "Ann Marlow", role: "admin" },
      { id: `${id}-ben`, email: `ben@${id}.test`, password: "correct horse", name: "Ben Finch", role: "agent" },
      { id: `${id}-vic`, email: `vic@${id}.test`, password: "correct horse", name: "Vic Vale", role: "viewer" },
    ],
  })),
};

/**
 * A port below those that the system gives to outgoing connections: a portal
 * that is started again must find it free, however many clients try meanwhile.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    const free = await new Promise<boolean>((res) => {
      const s = createServer();
      s.on("error", () => res(false));
      s.listen(port, "127.0.0.1", () => s.close(() => res(true)));
    });
    if (free) return port;
  }
}

/**
 * A portal process on its own port and database, which can be killed and
 * started again at the same address.
 */
export class Portal {
  private child?: ChildProcess;
  private exited?: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  readonly dir = mkdtempSync(join(tmpdir(), "portal-e2e-"));
  readonly log: string[] = [];
  /** A command that becomes `serve`; the binary is its last argument. None: it is started as it is. */
  launcher?: string[];
  private constructor(
    readonly port: number,
    public env: Record<string, string>,
    private readonly binary: string,
  ) {}

  static async make(env: Record<string, string> = {}, binary = shipped): Promise<Portal> {
    const p = await Portal.empty(env, binary);
    await p.run("seed", p.file("seed.json", JSON.stringify(seed)));
    return p;
  }

  /** Without tenants and tables. */
  static async empty(env: Record<string, string> = {}, binary = shipped): Promise<Portal> {
    return new Portal(await freePort(), env, binary);
  }

  get url() {
    return `http://127.0.0.1:${this.port}`;
  }

  file(name: string, content: string): string {
    const path = join(this.dir, name);
    writeFileSync(path, content);
    return path;
  }

  /** In its own directory, so that what it writes beside itself goes with it. */
  private place() {
    return { cwd: this.dir, env: this.settings() };
  }

  private settings(): NodeJS.ProcessEnv {
    return {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      PORTAL_ADDR: `127.0.0.1:${this.port}`,
      PORTAL_DATABASE_URL: `sqlite:${join(this.dir, "portal.db")}`,
      PORTAL_GRAPH_URL: "http://127.0.0.1:1", // nothing answers: sends wait
      ...this.env,
    };
  }

  /** Runs a command of the binary to its end. */
  async run(...args: string[]): Promise<void> {
    const child = spawn(this.binary, args, this.place());
    let out = "";
    child.on("error", (err) => (out += err));
    child.stdout.on("data", (d) => (out += d));
    child.stderr.on("data", (d) => (out += d));
    const end = await new Promise((r) => child.on("close", (code, signal) => r(signal ?? code)));
    if (end !== 0) throw new Error(`agentportal ${args.join(" ")} exited ${end}: ${out}`);
  }

  /** Starts `serve` and returns once it says that it is listening. */
  async start(): Promise<void> {
    const [program, ...args] = this.launcher ? [...this.launcher, this.binary] : [this.binary, "serve"];
    const child = spawn(program!, args, this.place());
    this.child = child;
    this.exited = new Promise((r) => child.on("close", (code, signal) => r({ code, signal })));
    await new Promise<void>((res, rej) => {
      const hear = (d: Buffer) => {
        const text = d.toString();
        this.log.push(text);
        if (text.includes("listening")) res();
      };
      child.stdout?.on("data", hear);
      child.stderr?.on("data", hear);
      void this.exited?.then((e) => rej(new Error(`serve exited ${e.signal ?? e.code}:\n${this.log.join("")}`)));
    });
  }

  get pid(): number {
    return this.child!.pid!;
  }

  /** Whether no process runs. */
  get dead(): boolean {
    return this.child === undefined || this.child.exitCode !== null || this.child.signalCode !== null;
  }

  /** Waits until the process has ended by itself; the signal that ended it. */
  async died(): Promise<NodeJS.Signals | null> {
    const end = await this.exited;
    this.child = undefined;
    return end?.signal ?? null;
  }

  /** kill -9: no drain, no goodbye. */
  async kill(): Promise<void> {
    this.child?.kill("SIGKILL");
    await this.exited;
    this.child = undefined;
  }

  /** SIGTERM; returns the exit code and how long the drain took. */
  async stop(): Promise<{ code: number | null; ms: number }> {
    const from = Date.now();
    this.child?.kill("SIGTERM");
    const code = (await this.exited)?.code ?? null;
    this.child = undefined;
    return { code, ms: Date.now() - from };
  }

  async dispose(): Promise<void> {
    if (this.child) await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
