import { connect, createServer, type Server, type Socket } from "node:net";

/** A TCP proxy whose target can be moved and whose connections can be cut or stalled. */
export class Proxy {
  private readonly open = new Set<Socket>();
  private constructor(
    private readonly server: Server,
    private target: number,
  ) {}

  static async to(port: number): Promise<Proxy> {
    const server = createServer();
    const proxy = new Proxy(server, port);
    server.on("connection", (client) => proxy.pass(client));
    await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
    return proxy;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  /** New connections go to this port from now on. */
  move(port: number): void {
    this.target = port;
  }

  /** Resets every connection. */
  cut(): void {
    for (const s of this.open) s.destroy();
  }

  /** Holds back all bytes of present connections, both ways: half-open for both ends. */
  stall(): void {
    for (const s of this.open) s.pause();
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((r) => this.server.close(r));
  }

  private pass(client: Socket): void {
    const upstream = connect(this.target, "127.0.0.1");
    for (const [from, to] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      this.open.add(from);
      from.on("data", (d) => to.write(d));
      from.on("error", () => to.destroy());
      from.on("close", () => {
        this.open.delete(from);
        to.destroy();
      });
    }
  }
}
