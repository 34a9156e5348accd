import { type Server, type Socket, connect, createServer } from "node:net";

/** A TCP way to a service that can be cut and opened again: the service as it is away and back. */
export class Cut {
  private readonly open = new Set<Socket>();
  private away = false;
  /** How many connections were refused. */
  refused = 0;
  private constructor(private readonly server: Server) {}

  static async to(host: string, port: number): Promise<Cut> {
    const server = createServer();
    const cut = new Cut(server);
    server.on("connection", (near) => {
      if (cut.away) {
        cut.refused++;
        return void near.destroy();
      }
      const far = connect(port, host);
      for (const [one, other] of [[near, far], [far, near]] as const) {
        cut.open.add(one);
        one.on("error", () => {});
        one.on("close", () => {
          cut.open.delete(one);
          other.destroy();
        });
        one.pipe(other);
      }
    });
    await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
    return cut;
  }

  get port() {
    return (this.server.address() as { port: number }).port;
  }

  /** Breaks what is open and refuses what comes. */
  break() {
    this.away = true;
    for (const s of this.open) s.destroy();
  }

  mend() {
    this.away = false;
  }

  close(): Promise<void> {
    this.break();
    return new Promise((r) => this.server.close(() => r()));
  }
}
