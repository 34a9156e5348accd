import { randomUUID } from "node:crypto";
import { connect, type Socket as Connection } from "node:net";
import { expect, test } from "vitest";
import type { After } from "../harness/after.ts";
import { Agent } from "../harness/agent.ts";
import { Broker } from "../harness/broker.ts";
import { Cut } from "../harness/cut.ts";
import { Graph } from "../harness/graph.ts";
import { Hook } from "../harness/hook.ts";
import { Portal } from "../harness/portal.ts";
import { PrivateBroker } from "../harness/privateBroker.ts";
import { metric, readiness } from "../harness/state.ts";
import { pause, until } from "../harness/until.ts";

// What comes is bad, too much, or doesn't come: the whole portal, with the real thing beside it. At the same time,
// since most of it is waiting.
interface Place {
  b: Broker;
  g: Graph;
  p: Portal;
  ann: Agent;
}

/** A portal over RabbitMQ and SQLite, and Ann, connected. */
async function place(after: After, more: { env?: Record<string, string>; launcher?: string[] } = {}, broker?: string): Promise<Place> {
  const b = await Broker.open(broker);
  after(() => b.close());
  const g = await Graph.open();
  after(() => g.close());
  const p = await Portal.make({ ...b.env(), PORTAL_GRAPH_URL: g.url, ...more.env });
  after(() => p.dispose());
  p.launcher = more.launcher;
  await p.start();
  const ann = await agent(after, p, "ann");
  return { b, g, p, ann };
}

async function agent(after: After, p: Portal, name: string): Promise<Agent> {
  const a = await (await Agent.signIn(p.url, `${name}@acme.test`)).connect({ reconnectionDelay: 100, reconnectionDelayMax: 400 });
  after(() => a.close());
  return a;
}

/** A conversation that the agents have joined, and the position of their joins. */
async function conversation(b: Broker, ...agents: Agent[]): Promise<{ id: string; from: number }> {
  await b.receive({ message_text: "the first" });
  const id: string = await until("the conversation", async () => (await agents[0]!.conversations()).conversations[0]?.id);
  const acks = await Promise.all(agents.map((a) => a.emit("conversation:join", { conversationId: id })));
  return { id, from: Math.max(...acks.map((ack) => ack.seq)) };
}

const texts = (a: Agent, direction: string) => a.events("message:new").filter((e) => e.message.direction === direction).map((e) => e.message.text);
const numbered = (n: number, name: string) => Array.from({ length: n }, (_, i) => `${name} ${i}`);

/** What an agent in all rooms has heard since has no gap and no double, and came in order. */
function whole(a: Agent, from: number): void {
  const seqs = a.heard.map((h) => h.body.seq as number).filter((seq) => seq > from);
  expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => from + 1 + i));
}

test.concurrent("FAULT-9 the broker is away for more than a minute: replies go out, webhooks get 503, readyz stays; within 5 s of its return all that waited comes in, once and in order", async ({ onTestFinished: after }) => {
  const cut = await Cut.to("127.0.0.1", 5672);
  after(() => cut.close());
  const { b, g, p, ann } = await place(after, { env: { PORTAL_BROKER_URL: `amqp://guest:guest@127.0.0.1:${cut.port}/` } });
  const { id } = await conversation(b, ann);
  const hook = new Hook(p.url);
  const hooked = { messages: [{ id: "amid", from: "447900", timestamp: "1767225600", type: "text", text: { body: "by webhook" } }] };
  cut.break();
  const end = Date.now() + 62_000;
  let inbound = 0;
  let replies = 0;
  while (Date.now() < end) {
    for (let i = 0; i < 10; i++) await b.receive({ message_text: `in ${inbound++}` });
    const answer = await ann.rest("POST", `/conversations/${id}/messages`, { text: `out ${replies++}`, clientId: randomUUID() });
    expect(answer.status).toBe(201);
    expect(await hook.post(hooked)).toBe(503);
    expect(await readiness(p)).toMatchObject({ status: 200, body: { broker: { connected: false }, database: { writable: true } } });
    expect(await metric(p, "portal_broker_connected")).toBe(0);
    await pause(2000);
  }
  await until("all replies sent", () => g.sent.length === replies);
  expect(texts(ann, "inbound")).toEqual([]);
  cut.mend();
  const back = Date.now();
  await until("what waited", () => texts(ann, "inbound").length === inbound, 5_000);
  await until("the webhook to be taken", async () => (await hook.post(hooked)) === 200, 5_000 - (Date.now() - back));
  expect(texts(ann, "inbound")).toEqual(numbered(inbound, "in"));
  expect(texts(ann, "outbound")).toEqual(numbered(replies, "out"));
  expect(g.sent.map((s) => s.text)).toEqual(numbered(replies, "out"));
  await until("the webhook's message", () => ann.events("conversation:new").length === 2);
  expect(ann.recovered).toEqual([false]);
});

test.concurrent("OPS-31 bodies that are sent a byte now and then end after a minute, wherever they go", async ({ onTestFinished: after }) => {
  const p = await Portal.make();
  after(() => p.dispose());
  await p.start();
  const trickle = (path: string) =>
    new Promise<{ ms: number; answer: string }>((res) => {
      const from = Date.now();
      let answer = "";
      const c = connect(p.port, "127.0.0.1", () => c.write(`POST ${path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256=00\r\nContent-Length: 100000\r\n\r\n`));
      const drip = setInterval(() => c.write(" "), 500);
      c.on("data", (d) => (answer += d));
      c.on("error", () => {});
      c.on("close", () => (clearInterval(drip), res({ ms: Date.now() - from, answer })));
      after(() => void c.destroy());
    });
  const paths = ["/api/auth/login", "/api/conversations", "/webhooks/whatsapp", "/socket.io/?EIO=4&transport=polling&sid=none", "/login", "/metrics"];
  for (const { ms } of await Promise.all(paths.map(trickle))) expect(ms).toBeLessThan(70_000);
  expect((await readiness(p)).status).toBe(200);
});

test.concurrent("FAULT-15 the broker's disk is full: webhooks are 503 in bounded time, replies go out; with room webhooks are taken within 5 s", async ({ onTestFinished: after }) => {
  const rabbit = await PrivateBroker.start();
  after(() => rabbit.dispose());
  const { b, g, p, ann } = await place(after, {}, rabbit.url);
  const { id } = await conversation(b, ann);
  const hook = new Hook(p.url);
  const hooked = { messages: [{ id: "amid", from: "447900", timestamp: "1767225600", type: "text", text: { body: "by webhook" } }] };
  await rabbit.full(true);
  await until("webhooks to be refused", async () => (await hook.post({ messages: [{ ...hooked.messages[0], id: randomUUID(), from: "447901" }] })) === 503, 20_000);
  const from = Date.now();
  expect(await hook.post(hooked)).toBe(503);
  expect(Date.now() - from).toBeLessThan(10_000);
  expect((await ann.rest("POST", `/conversations/${id}/messages`, { text: "out", clientId: "c" })).status).toBe(201);
  await until("the reply to be sent", () => g.sent.length === 1);
  expect((await readiness(p)).status).toBe(200);
  await rabbit.full(false);
  await until("the webhook to be taken", async () => (await hook.post(hooked)) === 200, 5_000);
  await until("its message", async () => (await ann.conversations("?search=447900")).conversations[0]?.messageCount === 1);
  await b.receive({ message_text: "after it" });
  await until("Ann to hear it", () => texts(ann, "inbound").includes("after it"));
  expect(ann.recovered).toEqual([false]);
});

test.concurrent("FAULT-10 poison among thousands: the good ones of sixty contacts come in, in order; the bad ones are dead letters with their reasons", async ({ onTestFinished: after }) => {
  const { b, p, ann } = await place(after);
  const [contacts, each] = [60, 50];
  const bad = [
    Buffer.from("{"),
    Buffer.from([0x7b, 0xff, 0x7d]),
    { tenantId: "nobody", wamid: "w", wa_id: "1", timestamp: "1", message_text: "x" },
    { tenantId: "acme", wamid: "w", wa_id: "1", timestamp: "soon", message_text: "x" },
    { tenantId: "acme", phone_number_id: "1051", wamid: "w", wa_id: "1", timestamp: "1", message_text: "x" },
  ];
  let poison = 0;
  const from = Date.now();
  for (let n = 0; n < each; n++) {
    const batch: Promise<unknown>[] = [];
    for (let c = 0; c < contacts; c++) {
      if ((n * contacts + c) % 30 === 7) batch.push(b.publish(b.inbound, bad[poison++ % bad.length]));
      batch.push(b.receive({ wa_id: `44790000${String(c).padStart(2, "0")}`, contact_name: `Contact ${c}`, message_text: `n ${n}` }));
    }
    await Promise.all(batch);
  }
  const all = await until("all good ones", async () => {
    const { conversations } = await ann.conversations("?limit=200");
    return conversations.reduce((sum: number, c: any) => sum + c.messageCount, 0) === contacts * each && conversations;
  }, 60_000);
  expect(Date.now() - from).toBeLessThan(60_000);
  expect(all).toHaveLength(contacts);
  for (const c of all) {
    const { messages } = (await ann.rest("GET", `/conversations/${c.id}/messages?limit=200`)).body;
    expect(messages.map((m: any) => m.text)).toEqual(numbered(each, "n"));
  }
  await until("the dead letters to be counted", async () => (await metric(p, "portal_queue_dead_letters")) === poison);
  expect(await metric(p, "portal_deliveries_dead_total")).toBe(poison);
  for (let i = 0; i < poison; i++) {
    const letter = await b.take(`${b.inbound}.dead`);
    expect(letter!.headers["x-portal-reason"]).toMatch(/\w/);
    expect(["{", "nobody", "soon", "1051", "\ufffd"].some((mark) => letter!.body.toString().includes(mark))).toBe(true);
  }
  expect(await b.take(`${b.inbound}.dead`)).toBeNull();
});

test.concurrent("FAULT-11 a client that stops reading under traffic is closed as slow and counted; it recovers all of it, and nobody else is delayed", async ({ onTestFinished: after }) => {
  const { b, p, ann } = await place(after);
  const ben = await agent(after, p, "ben");
  const { from } = await conversation(b, ann, ben);
  const connection = (ben.socket.io.engine.transport as any).ws._socket as Connection;
  connection.pause();
  // More than the kernel's buffers and the portal's queue hold together; a packet is up to a megabyte. And no more than
  // goes through in the 15 s after which a client that reads nothing gives up by itself.
  const [messages, filling] = [30, "x".repeat(500_000)];
  const delays: number[] = [];
  for (let n = 0; n < messages; n++) {
    const sent = Date.now();
    await b.receive({ message_text: `n ${n} ${filling}` });
    await until("Ann to hear it", () => texts(ann, "inbound").length === n + 1);
    delays.push(Date.now() - sent);
  }
  expect(delays.sort((a, b) => a - b)[messages / 2]!).toBeLessThan(1000);
  expect(await metric(p, 'portal_sockets_ended_total{reason="slow"}')).toBe(1);
  connection.resume();
  await until("Ben to have all", () => texts(ben, "inbound").length === messages, 30_000);
  expect(ben.recovered).toEqual([false, true]);
  expect(await metric(p, 'portal_sockets_ended_total{reason="slow"}')).toBe(1);
  for (const a of [ann, ben]) {
    expect(texts(a, "inbound").map((t) => t.split(" x")[0])).toEqual(numbered(messages, "n"));
    whole(a, from);
  }
  expect(ann.recovered).toEqual([false]);
});

test.concurrent("FAULT-12 no descriptor is left: who is connected goes on, who comes waits, and nothing dies", async ({ onTestFinished: after }) => {
  const { b, g, p, ann } = await place(after, { launcher: ["sh", "-c", 'ulimit -n 90 && exec "$0" serve'] });
  const { id } = await conversation(b, ann);
  const strangers: Connection[] = [];
  after(() => strangers.forEach((s) => s.destroy()));
  for (let i = 0; i < 150; i++) {
    strangers.push(connect(p.port, "127.0.0.1"));
    strangers[i]!.on("error", () => {});
  }
  await until("accepting to fail", () => /too many open files/.test(p.log.join("")));
  await b.receive({ message_text: "amid it" });
  await until("Ann to hear it", () => texts(ann, "inbound").includes("amid it"));
  expect(await ann.emit("session:ping", {})).toMatchObject({ ok: true });
  strangers.forEach((s) => s.destroy());
  await until("the door to be open again", async () => (await readiness(p)).status === 200, 5_000);
  expect(await metric(p, "portal_accept_failures_total")).toBeGreaterThan(0);
  expect(await metric(p, "process_max_fds")).toBe(90);
  expect((await ann.rest("POST", `/conversations/${id}/messages`, { text: "after it", clientId: "c" })).status).toBe(201);
  await until("the reply to be sent", () => g.sent.some((s) => s.text === "after it"));
  expect(ann.recovered).toEqual([false]);
});

test.concurrent("FAULT-14 what the log no longer keeps is trimmed, and who missed it begins anew: told so, counted, and whole from there", async ({ onTestFinished: after }) => {
  const { b, p, ann } = await place(after);
  const { id } = await conversation(b, ann);
  for (let i = 0; i < 20; i++) await b.receive({ message_text: `before ${i}` });
  await until("Ann to hear them", () => texts(ann, "inbound").length === 20);
  ann.socket.io.reconnection(false);
  await p.kill();
  await b.receive({ message_text: "missed" });
  p.env = { ...p.env, PORTAL_LOG_RETENTION: "1s" };
  await p.start();
  await until("the message", async () => (await ann.rest("GET", `/conversations/${id}`)).body.conversation.messageCount === 22);
  await pause(1000); // it grows older than the retention
  await p.stop();
  await p.start(); // trims at once, and then each minute
  await until("the log to be trimmed", async () => (await metric(p, "portal_log_events")) === 0);
  ann.socket.connect();
  await until("Ann to be back", () => ann.recovered.length === 2);
  expect(ann.recovered).toEqual([false, false]);
  expect(await metric(p, 'portal_sockets_unrecovered_total{reason="unknown"}')).toBe(1); // sessions go with what they could recover
  const refused = await ann.emit("conversation:join", { conversationId: id, since: 1 });
  expect(refused).toMatchObject({ ok: false, error: { code: "gone", seq: expect.any(Number) } });
  expect(await ann.emit("conversation:join", { conversationId: id, since: refused.error.seq })).toMatchObject({ ok: true });
  const { messages } = (await ann.rest("GET", `/conversations/${id}/messages`)).body;
  expect(messages.map((m: any) => m.text)).toEqual(["the first", ...numbered(20, "before"), "missed"]);
  const heard = ann.heard.length;
  for (let i = 0; i < 20; i++) await b.receive({ message_text: `after ${i}` });
  await until("Ann to hear them", () => texts(ann, "inbound").length === 40);
  expect(texts(ann, "inbound").slice(20)).toEqual(numbered(20, "after"));
  expect(ann.heard.slice(heard).map((h) => h.body.seq)).toEqual(Array.from({ length: 40 }, (_, i) => refused.error.seq + 1 + i));
});
