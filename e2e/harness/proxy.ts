import { connect, createServer, type Server, type Socket } from "node:net";

interface Pair {
  client: Socket;
  upstream: Socket;
  /** The client's side is gone and the server's isn't to know. */
  half: boolean;
}

/** A TCP proxy whose target can be moved and whose connections can be cut, stalled or left half-open. */
export class Proxy {
  private readonly pairs = new Set<Pair>();
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
    for (const p of [...this.pairs]) {
      p.client.destroy();
      p.upstream.destroy();
    }
  }

  /** Holds back all bytes of present connections, both ways: silent for both ends. */
  stall(): void {
    for (const { client, upstream } of this.pairs) {
      client.pause();
      upstream.pause();
    }
  }

  /** Breaks every connection for the client only: the server goes on sending to nobody. */
  halfOpen(): void {
    for (const p of this.pairs) {
      p.half = true;
      p.client.destroy();
    }
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise((r) => this.server.close(r));
  }

  private pass(client: Socket): void {
    const pair = { client, upstream: connect(this.target, "127.0.0.1"), half: false };
    const { upstream } = pair;
    this.pairs.add(pair);
    client.on("data", (d) => upstream.write(d));
    upstream.on("data", (d) => pair.half || client.write(d));
    client.on("error", () => client.destroy());
    upstream.on("error", () => upstream.destroy());
    client.on("close", () => pair.half || upstream.destroy());
    upstream.on("close", () => {
      this.pairs.delete(pair);
      client.destroy();
    });
  }
}
