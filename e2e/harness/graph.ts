import { createServer, type Server } from "node:http";

export interface Sent {
  wamid: string;
  to: string;
  text: string;
  at: number;
}

/** A Graph API that takes every message and remembers it. */
export class Graph {
  readonly sent: Sent[] = [];
  /** What to answer instead of success, newest first; empty: succeed. */
  readonly failures: { status: number; body: unknown; headers?: Record<string, string> }[] = [];
  private n = 0;
  private constructor(private readonly server: Server) {}

  static async open(): Promise<Graph> {
    const server = createServer();
    const graph = new Graph(server);
    server.on("request", (req, res) => {
      let raw = "";
      req.on("data", (d) => (raw += d));
      req.on("end", () => {
        const failure = graph.failures.pop();
        if (failure) {
          res.writeHead(failure.status, { "content-type": "application/json", ...failure.headers });
          res.end(JSON.stringify(failure.body));
          return;
        }
        const body = JSON.parse(raw) as { to: string; text: { body: string } };
        const wamid = `wamid.out.${++graph.n}`;
        graph.sent.push({ wamid, to: body.to, text: body.text.body, at: Date.now() });
        res.writeHead(200, { "content-type": "application/json" });
        res.end(JSON.stringify({ messaging_product: "whatsapp", contacts: [], messages: [{ id: wamid }] }));
      });
    });
    await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
    return graph;
  }

  get url() {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((r) => this.server.close(() => r()));
  }
}
