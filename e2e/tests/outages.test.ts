import { createHmac, randomUUID } from "node:crypto";
import { createServer, type Server } from "node:http";
import amqp from "amqplib";
import { afterEach, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { amqpURL, Broker } from "../harness/broker.ts";
import { Cut } from "../harness/cut.ts";
import { Database } from "../harness/database.ts";
import { Graph } from "../harness/graph.ts";
import { Portal, secrets } from "../harness/portal.ts";
import { until } from "../harness/until.ts";

// The broker goes and comes, the provider hangs, the process is told to stop.
const undo: (() => unknown)[] = [];
afterEach(async () => {
  for (const f of undo.splice(0).reverse()) await f();
});

async function broker(): Promise<Broker> {
  const b = await Broker.open();
  undo.push(() => b.close());
  return b;
}

async function graph(): Promise<Graph> {
  const g = await Graph.open();
  undo.push(() => g.close());
  return g;
}

async function started(env: Record<string, string>): Promise<Portal> {
  const p = await Portal.make(env);
  undo.push(() => p.dispose());
  await p.start();
  return p;
}

async function signIn(p: Portal, options?: Record<string, unknown>): Promise<Agent> {
  const a = await (await Agent.signIn(p.url, "ann@acme.test")).connect(options);
  undo.push(() => a.close());
  return a;
}

/** A provider that takes calls and doesn't answer until told to. */
class Hanging {
  readonly calls: string[] = [];
  private readonly answers: (() => void)[] = [];
  private constructor(private readonly server: Server) {}
  static async open(): Promise<Hanging> {
    const server = createServer();
    const h = new Hanging(server);
    server.on("request", (req, res) => {
      let raw = "";
      req.on("data", (d) => (raw += d));
      req.on("end", () => {
        h.calls.push(JSON.parse(raw).text.body);
        const id = `wamid.${randomUUID()}`;
        h.answers.push(() => res.end(JSON.stringify({ messages: [{ id }] })));
      });
    });
    await new Promise<void>((r) => server.listen(0, "127.0.0.1", r));
    undo.push(() => {
      server.closeAllConnections();
      return new Promise<void>((r) => server.close(() => r()));
    });
    return h;
  }
  get url() {
    return `http://127.0.0.1:${(this.server.address() as { port: number }).port}`;
  }
  answer() {
    for (const f of this.answers.splice(0)) f();
  }
}

async function conversation(a: Agent, b: Broker): Promise<any> {
  await b.receive({});
  return until("the conversation", async () => (await a.conversations()).conversations[0]);
}

const reply = (a: Agent, id: string, text: string) =>
  a.rest("POST", `/conversations/${id}/messages`, { text, clientId: randomUUID() });
const message = async (a: Agent, id: string, text: string) =>
  (await a.rest("GET", `/conversations/${id}/messages`)).body.messages.find((m: any) => m.text === text);

test("queues that exist with other arguments are used as they are", async () => {
  const b = await broker();
  const connection = await amqp.connect(amqpURL);
  undo.push(() => connection.close());
  const channel = await connection.createChannel();
  await channel.assertQueue(b.inbound, { durable: true, arguments: { "x-max-priority": 10 } });
  await channel.assertQueue(b.status, { durable: true, arguments: { "x-queue-type": "quorum" } });
  await channel.assertQueue(`${b.inbound}.dead`, { durable: true, arguments: { "x-queue-mode": "lazy" } });
  const g = await graph();
  const p = await started({ ...b.env(), PORTAL_GRAPH_URL: g.url });
  const ann = await signIn(p);
  const c = await conversation(ann, b);
  await reply(ann, c.id, "hello");
  await until("sent", async () => (await message(ann, c.id, "hello")).status === "sent");
  await b.report(g.sent[0]!.wamid, "read");
  await until("read", async () => (await message(ann, c.id, "hello")).status === "read");
  await b.publish(b.inbound, Buffer.from("{"));
  await until("the dead letter", () => b.take(`${b.inbound}.dead`));
});

test("while the broker is away replies go out, webhooks get 503, readyz stays; within 5 s of its return all flows", async () => {
  const b = await broker();
  const cut = await Cut.to("127.0.0.1", 5672);
  undo.push(() => cut.close());
  const g = await graph();
  const p = await started({ ...b.env(), PORTAL_BROKER_URL: `amqp://guest:guest@127.0.0.1:${cut.port}/`, PORTAL_GRAPH_URL: g.url });
  const ann = await signIn(p);
  const c = await conversation(ann, b);
  await until("the start to be over", async () => (await fetch(`${p.url}/readyz`)).status === 200);
  cut.break();
  for (let i = 0; i < 50; i++) await b.receive({ message_text: `held ${i}` });
  expect((await reply(ann, c.id, "without a broker")).status).toBe(201);
  await until("sent", async () => (await message(ann, c.id, "without a broker")).status === "sent");
  expect((await fetch(`${p.url}/readyz`)).status).toBe(200);
  const body = JSON.stringify({ entry: [{ changes: [{ field: "messages", value: { metadata: { phone_number_id: "1050" },
    messages: [{ from: "4912345", id: "w.503", timestamp: "1767225600", type: "text", text: { body: "later" } }] } }] }] });
  const hook = () => fetch(`${p.url}/webhooks/whatsapp`, { method: "POST", body,
    headers: { "x-hub-signature-256": `sha256=${createHmac("sha256", secrets.appSecret).update(body).digest("hex")}` } });
  expect((await hook()).status).toBe(503);
  cut.mend();
  const back = Date.now();
  await until("what was held", async () => (await ann.rest("GET", `/conversations/${c.id}`)).body.conversation.messageCount === 52);
  // Consumer and publisher have connections of their own; the promise is that both are back within 5 s.
  await until("the webhook to be taken again", async () => (await hook()).status === 200);
  expect(Date.now() - back).toBeLessThan(5000);
});

test("CFG-10 started while the broker is away, agents sign in and reply; within 5 s of its return its messages come", async () => {
  const b = await broker();
  const cut = await Cut.to("127.0.0.1", 5672);
  undo.push(() => cut.close());
  const g = await graph();
  const p = await started({ ...b.env(), PORTAL_BROKER_URL: `amqp://guest:guest@127.0.0.1:${cut.port}/`, PORTAL_GRAPH_URL: g.url });
  const c = await conversation(await signIn(p), b);
  await p.kill();
  cut.break();
  await p.start();
  const ready = async () => (await fetch(`${p.url}/readyz`)).status;
  expect(await ready()).toBe(503);
  const ann = await signIn(p);
  expect((await reply(ann, c.id, "without a broker")).status).toBe(201);
  await until("sent", async () => (await message(ann, c.id, "without a broker")).status === "sent");
  await b.receive({ message_text: "held" });
  cut.mend();
  const back = Date.now();
  await until("what was held", async () => (await ann.rest("GET", `/conversations/${c.id}`)).body.conversation.messageCount === 3);
  await until("ready", async () => (await ready()) === 200);
  expect(Date.now() - back).toBeLessThan(5000);
});

test("CFG-12 SIGTERM with a hanging call, polling and WebSocket clients: exits 0 within 10 s, clients recover after the start", async () => {
  const b = await broker();
  const h = await Hanging.open();
  const p = await started({ ...b.env(), PORTAL_GRAPH_URL: h.url });
  const polling = await signIn(p, { transports: ["polling"] });
  const ws = await signIn(p);
  const c = await conversation(ws, b);
  await reply(ws, c.id, "answered during the drain");
  await until("the call", () => h.calls.length === 1);
  const reasons: string[] = [];
  for (const a of [polling, ws]) a.socket.on("disconnect", (r) => reasons.push(r));
  const stopping = p.stop();
  await until("closed", () => reasons.length === 2);
  expect(reasons.filter((r) => r.startsWith("transport"))).toHaveLength(2);
  h.answer();
  const { code, ms } = await stopping;
  expect(code).toBe(0);
  expect(ms).toBeLessThan(10_000);
  await p.start();
  await until("recovered", () => [polling, ws].every((a) => a.recovered.length === 2 && a.recovered[1]));
  expect(await message(ws, c.id, "answered during the drain")).toMatchObject({ status: "sent", attempts: 1 });
  expect(h.calls).toHaveLength(1);
});

test("CFG-12 a call that never answers is cut after 5 s of drain; after the start it goes out again, and attempts says so", async () => {
  const b = await broker();
  const h = await Hanging.open();
  const p = await started({ ...b.env(), PORTAL_GRAPH_URL: h.url });
  const ann = await signIn(p);
  const c = await conversation(ann, b);
  await reply(ann, c.id, "twice");
  await until("the call", () => h.calls.length === 1);
  const { code, ms } = await p.stop();
  expect(code).toBe(0);
  expect(ms).toBeGreaterThan(4500);
  expect(ms).toBeLessThan(10_000);
  await p.start();
  await until("the call again", () => h.calls.length === 2);
  h.answer();
  await until("sent", async () => (await message(ann, c.id, "twice")).status === "sent");
  expect((await message(ann, c.id, "twice")).attempts).toBe(2);
});

test.each(["SQLite", "PostgreSQL"])("killed during a call, %s: it goes out again soon after the start, and attempts says so", async (kind) => {
  const b = await broker();
  const h = await Hanging.open();
  const env: Record<string, string> = { ...b.env(), PORTAL_GRAPH_URL: h.url };
  if (kind === "PostgreSQL") {
    const database = await Database.create();
    undo.push(() => database.drop());
    env.PORTAL_DATABASE_URL = database.url;
  }
  const p = await started(env);
  const ann = await signIn(p);
  const c = await conversation(ann, b);
  await reply(ann, c.id, "killed");
  await until("the call", () => h.calls.length === 1);
  await p.kill();
  await p.start();
  await until("the call again", () => h.calls.length === 2, 12_000); // a lease is 30 s
  h.answer();
  await until("sent", async () => (await message(ann, c.id, "killed")).status === "sent");
  expect((await message(ann, c.id, "killed")).attempts).toBe(2);
});
