import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { Agent, type Answer } from "./agent.ts";
import { Broker } from "./broker.ts";
import { Database } from "./database.ts";
import { Failpoint } from "./failpoint.ts";
import { Graph } from "./graph.ts";
import { Hook } from "./hook.ts";
import { Portal } from "./portal.ts";
import { until } from "./until.ts";

export type Kind = "SQLite, embedded queue" | "PostgreSQL, RabbitMQ" | "SQLite, RabbitMQ";

const quick = { reconnectionDelay: 100, reconnectionDelayMax: 400 };
const long = 60_000;

/** A portal that is killed again and again, an agent who is connected all the time, and one conversation. */
export class Scene {
  readonly point = new Failpoint();
  graph!: Graph;
  portal!: Portal;
  hook!: Hook;
  database?: Database;
  private broker?: Broker;
  ann!: Agent;
  conversation!: string;
  private from = 0;

  private constructor(readonly kind: Kind) {}

  static async open(kind: Kind, binary: string): Promise<Scene> {
    const s = new Scene(kind);
    s.graph = await Graph.open();
    const env: Record<string, string> = { ...s.point.env(), PORTAL_GRAPH_URL: s.graph.url };
    if (kind.includes("PostgreSQL")) {
      s.database = await Database.create();
      env.PORTAL_DATABASE_URL = s.database.url;
    }
    if (kind.includes("RabbitMQ")) {
      s.broker = await Broker.open();
      Object.assign(env, s.broker.env());
    }
    s.portal = await Portal.make(env, binary);
    await s.portal.start();
    s.hook = new Hook(s.portal.url);
    s.ann = await s.agent("ann");
    await s.provider.receive({ message_text: "the first" });
    s.conversation = await until("the conversation", async () => (await s.ann.conversations()).conversations[0]?.id, long);
    const ack = await s.ann.emit("conversation:join", { conversationId: s.conversation });
    s.from = ack.seq;
    return s;
  }

  /** Where messages and reports come from: the broker, or without one the webhook. */
  get provider(): Broker | Hook {
    return this.broker ?? this.hook;
  }

  /** A connected agent of acme. */
  async agent(name: string): Promise<Agent> {
    return (await Agent.signIn(this.portal.url, `${name}@acme.test`)).connect(quick);
  }

  /** Makes up for a test that failed while no process ran. */
  async up(): Promise<void> {
    this.point.disarm();
    if (this.portal.dead) await this.portal.start();
  }

  /** Has the process die at a point that act brings it to, and starts it again while act goes on. */
  async dies(point: string, act: () => Promise<unknown>): Promise<void> {
    this.point.arm(point);
    const acting = act();
    acting.catch(() => {}); // told below
    const died = this.portal.died();
    const end = await Promise.race([died, acting.then(() => until(`a death at ${point}`, () => this.portal.dead, long))]);
    expect(end === true ? await died : end, `a death at ${point}`).toBe("SIGKILL");
    this.point.disarm();
    await this.portal.start();
    await acting;
  }

  /** What somebody does who tries until it is answered. */
  again(method: string, path: string, body?: unknown, ...fine: number[]): Promise<Answer> {
    return until(`${method} ${path}`, async () => {
      const answer = await this.ann.rest(method, path, body);
      return [200, 201, 204, ...fine].includes(answer.status) && answer;
    }, long);
  }

  async thread(): Promise<any[]> {
    return (await this.again("GET", `/conversations/${this.conversation}/messages?limit=200`)).body.messages;
  }

  /** The message with this text, once it is there and as it should be. */
  message(text: string, as: (m: any) => boolean = () => true): Promise<any> {
    return until(`the message ${text}`, async () => (await this.thread()).find((m) => m.text === text && as(m)), long);
  }

  /** A reply that is known to be sent. */
  async sent(): Promise<any> {
    const text = `reply ${randomUUID()}`;
    await this.reply(text);
    return this.message(text, (m) => m.status === "sent");
  }

  reply(text: string): Promise<Answer> {
    return this.again("POST", `/conversations/${this.conversation}/messages`, { text, clientId: text });
  }

  /** Has all that came in before applied: both queues keep their order. */
  async settled(): Promise<void> {
    const text = `marker ${randomUUID()}`;
    await this.provider.receive({ message_text: text });
    const { wamid } = await this.sent();
    await this.provider.report(wamid, "delivered");
    await this.message(text);
    await until("the marking report", async () => (await this.thread()).find((m) => m.wamid === wamid).status === "delivered", long);
  }

  /** The dead letters that hold this text. */
  async letters(text: string): Promise<any[]> {
    const { body } = await this.again("GET", "/dead-letters?limit=200");
    return body.deadLetters.filter((l: any) => l.body.includes(text));
  }

  /** The log has no gap, everything in it had one effect, and the agent was sent all of it, once and in order. */
  async holds(): Promise<void> {
    const { ann } = this;
    const { seq } = await until("the list", async () => (await this.again("GET", "/conversations")).body, long);
    await until("all sent", async () => (await ann.emit("session:ping", {})).seq >= seq, long);
    const heard = ann.heard.map((h) => h.body.seq as number).filter((n) => n > this.from && n <= seq);
    expect(heard, "each event once, in order, none missing").toEqual(Array.from({ length: seq - this.from }, (_, i) => this.from + 1 + i));
    expect(ann.recovered, "recovered each time").toEqual(ann.recovered.map((_, i) => i > 0));
    const messages = ann.events("message:new").map((e) => e.message);
    for (const effects of [
      messages.filter((m) => m.wamid).map((m) => `wamid ${m.wamid}`),
      messages.filter((m) => m.clientId).map((m) => `clientId ${m.clientId}`),
      ann.events("message:delivered").map((e) => `report ${e.messageId} ${e.status}`),
    ]) expect(effects, "one effect each").toEqual([...new Set(effects)]);
  }

  async close(): Promise<void> {
    this.ann?.close();
    await this.portal?.dispose();
    await this.broker?.close();
    await this.database?.drop();
    await this.graph?.close();
    this.point.dispose();
  }
}
