import { type ChildProcess, execFile, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import amqp from "amqplib";
import { freePort } from "./portal.ts";
import { until } from "./until.ts";

const server = ["/usr/lib/rabbitmq/bin/rabbitmq-server", "/usr/sbin/rabbitmq-server", "/opt/rabbitmq/sbin/rabbitmq-server"];

/** A RabbitMQ of the test's own, which can be killed and started again. */
export class PrivateBroker {
  private readonly dir = mkdtempSync(join(tmpdir(), "portal-rabbit-"));
  private child?: ChildProcess;
  private exited?: Promise<unknown>;
  private constructor(
    private readonly port: number,
    private readonly distribution: number,
  ) {}

  static async start(): Promise<PrivateBroker> {
    const broker = new PrivateBroker(await freePort(), await freePort());
    const file = (name: string, text: string) => writeFileSync(join(broker.dir, name), text);
    file("rabbitmq.conf", `listeners.tcp.default = 127.0.0.1:${broker.port}\n`);
    file("advanced.config", "[].\n");
    file("plugins", "[].\n");
    await broker.start();
    return broker;
  }

  get url(): string {
    return `amqp://guest:guest@127.0.0.1:${this.port}/`;
  }

  private get node(): string {
    return `portal${this.port}@localhost`;
  }

  private get program(): string {
    const program = process.env.RABBITMQ_SERVER ?? server.find((path) => existsSync(path));
    if (!program) throw new Error("no rabbitmq-server found; install it, or name it in RABBITMQ_SERVER");
    return program;
  }

  /** Starts the node and returns once it takes connections. */
  async start(): Promise<void> {
    const at = (name: string) => join(this.dir, name);
    const env = {
      PATH: process.env.PATH,
      HOME: this.dir, // its Erlang cookie
      RABBITMQ_NODENAME: this.node,
      RABBITMQ_DIST_PORT: String(this.distribution),
      RABBITMQ_CONFIG_FILE: at("rabbitmq.conf"),
      RABBITMQ_ADVANCED_CONFIG_FILE: at("advanced.config"),
      RABBITMQ_ENABLED_PLUGINS_FILE: at("plugins"),
      RABBITMQ_CONF_ENV_FILE: "/dev/null",
      RABBITMQ_MNESIA_BASE: this.dir,
      RABBITMQ_LOG_BASE: this.dir,
    };
    // In a process group of its own: the script's children are to go with it.
    this.child = spawn(this.program, [], { cwd: this.dir, env, stdio: "ignore", detached: true });
    this.exited = new Promise((r) => this.child!.on("close", r));
    await until("a RabbitMQ of its own", async () => (await amqp.connect(this.url)).close().then(() => true), 60_000);
  }

  /** Its disk is, or isn't, too full for it: then it takes nothing more from those who publish. */
  async full(yes: boolean): Promise<void> {
    const ctl = join(dirname(this.program), "rabbitmqctl");
    await promisify(execFile)(ctl, ["-n", this.node, "set_disk_free_limit", yes ? "1000000GB" : "1MB"], { env: { PATH: process.env.PATH, HOME: this.dir } });
  }

  /** kill -9. */
  async kill(): Promise<void> {
    if (this.child?.pid) process.kill(-this.child.pid, "SIGKILL");
    await this.exited;
  }

  async dispose(): Promise<void> {
    await this.kill();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
