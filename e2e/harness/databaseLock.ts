import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "../..");

/** Another process that holds the write lock of a SQLite database. */
export class DatabaseLock {
  private constructor(
    private readonly child: ChildProcess,
    private readonly exited: Promise<unknown>,
  ) {}

  static async take(path: string): Promise<DatabaseLock> {
    const program = join(root, "bin/lockdb");
    execFileSync("go", ["build", "-trimpath", "-o", program, "./e2e/harness/lockdb"], { cwd: root });
    const child = spawn(program, [path], { stdio: ["pipe", "pipe", "inherit"] });
    const exited = new Promise((r) => child.on("close", r));
    await Promise.race([new Promise((r) => child.stdout.once("data", r)), exited.then(() => Promise.reject(new Error("no lock")))]);
    return new DatabaseLock(child, exited);
  }

  async release(): Promise<void> {
    this.child.stdin?.end();
    await this.exited;
  }
}
