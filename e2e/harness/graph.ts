import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";

export interface Sent {
  wamid: string;
  to: string;
  text: string;
  at: number;
}

/** What customers have sent, as the provider keeps it. */
export interface Kept {
  type: string;
  body: Buffer;
}

/** A Graph API that takes every message and remembers it, and keeps files by their ids. */
export class Graph {
  readonly sent: Sent[] = [];
  /** What to answer instead of success, newest first; empty: succeed. */
  readonly failures: { status: number; body: unknown; headers?: Record<string, string> }[] = [];
  readonly files = new Map<string, Kept>();
  /** Who asked for files: path and token. */
  readonly fetched: string[] = [];
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
        if (req.method === "GET") return graph.keep(req, res);
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

  /** Where a file lies, by its id, and the file itself, each for the holder of a token. */
  private keep(req: IncomingMessage, res: ServerResponse): void {
    const { pathname } = new URL(req.url!, this.url);
    this.fetched.push(`${pathname} ${req.headers.authorization}`);
    const id = pathname.split("/").pop()!;
    const file = this.files.get(id);
    if (!file || req.headers.authorization !== "Bearer token-acme") {
      res.writeHead(file ? 401 : 400, { "content-type": "application/json" });
      res.end(JSON.stringify({ error: { code: file ? 190 : 100, message: "Unsupported get request" } }));
    } else if (pathname.startsWith("/files/")) {
      res.writeHead(200, { "content-type": file.type, "content-length": file.body.length });
      res.end(file.body);
    } else {
      res.writeHead(200, { "content-type": "application/json" });
      res.end(JSON.stringify({ messaging_product: "whatsapp", id, url: `${this.url}/files/${id}`, mime_type: file.type, file_size: file.body.length }));
    }
  }

  get url() {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }

  close(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((r) => this.server.close(() => r()));
  }
}
