import { io, type Socket } from "socket.io-client";
import { until } from "./until.ts";

export interface Heard {
  name: string;
  body: any;
}

export interface Answer {
  status: number;
  body: any;
}

/** A signed-in user with the unmodified official client and REST. */
export class Agent {
  readonly heard: Heard[] = [];
  readonly recovered: boolean[] = [];
  readonly readies: number[] = [];
  socket!: Socket;
  private constructor(
    readonly url: string,
    public token: string,
    public cookie: string,
    readonly user: { id: string; tenantId: string; name: string },
  ) {}

  static async signIn(url: string, email: string, password = "correct horse"): Promise<Agent> {
    const res = await fetch(`${url}/api/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    if (res.status !== 200) throw new Error(`sign-in: ${res.status} ${await res.text()}`);
    const body = (await res.json()) as { accessToken: string; user: Agent["user"] };
    return new Agent(url, body.accessToken, (res.headers.get("set-cookie") ?? "").split(";")[0]!, body.user);
  }

  /** Connects, or connects again, and hears everything from then on. */
  async connect(options: Record<string, unknown> = {}): Promise<this> {
    this.socket = io(this.url, {
      forceNew: true,
      transports: ["websocket"],
      auth: (cb) => cb({ token: this.token }),
      ...options,
    });
    this.socket.on("connect", () => this.recovered.push(this.socket.recovered));
    this.socket.onAny((name: string, body: any) => {
      if (name === "session:ready") this.readies.push(body.seq);
      else this.heard.push({ name, body });
    });
    await until("session:ready", () => this.readies.length > 0);
    return this;
  }

  emit(event: string, body: unknown): Promise<any> {
    return this.socket.timeout(20_000).emitWithAck(event, body);
  }

  async rest(method: string, path: string, body?: unknown): Promise<Answer> {
    const res = await fetch(`${this.url}/api${path}`, {
      method,
      headers: { authorization: `Bearer ${this.token}`, "content-type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const text = await res.text();
    return { status: res.status, body: text ? JSON.parse(text) : null };
  }

  async conversations(query = ""): Promise<any> {
    return (await this.rest("GET", `/conversations${query}`)).body;
  }

  events(name: string): any[] {
    return this.heard.filter((h) => h.name === name).map((h) => h.body);
  }

  close() {
    this.socket?.disconnect();
  }
}
