import { createHmac, randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Broker } from "../harness/broker.ts";
import { Graph } from "../harness/graph.ts";
import { Portal, secrets, seed } from "../harness/portal.ts";
import { pause, until } from "../harness/until.ts";

// The outward contract, line by line, against the running binary.
const secret = "a-secret-of-the-contract-tests-0123456789";
const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;
let broker: Broker, graph: Graph, portal: Portal, ann: Agent, ben: Agent, vic: Agent, stranger: Agent;
let contact = 49_1700_000_000;
const number = () => String(contact++);

beforeAll(async () => {
  broker = await Broker.open();
  graph = await Graph.open();
  portal = await Portal.make({
    ...broker.env(),
    PORTAL_GRAPH_URL: graph.url,
    PORTAL_JWT_SECRET: secret,
    PORTAL_ALLOWED_ORIGINS: "https://desk.example.com",
  });
  await portal.start();
  ann = await (await Agent.signIn(portal.url, "ann@acme.test")).connect();
  ben = await Agent.signIn(portal.url, "ben@acme.test");
  vic = await Agent.signIn(portal.url, "vic@acme.test");
  stranger = await Agent.signIn(portal.url, "ann@globex.test");
});

afterAll(async () => {
  for (const a of [ann, ben, vic, stranger]) a?.close();
  await portal?.dispose();
  await broker?.close();
  await graph?.close();
});

/** The contact's conversation as ann's list has it, once it is there. */
const conversationOf = (waId: string) =>
  until(`a conversation with ${waId}`, async () => (await ann.conversations(`?search=${waId}`)).conversations[0]);
const thread = async (id: string) => (await ann.rest("GET", `/conversations/${id}/messages?limit=200`)).body.messages as any[];

/** Takes one message in and gives it back as the thread has it. */
async function taken(more: Record<string, unknown>): Promise<any> {
  const m = await broker.receive({ wa_id: number(), ...more } as any);
  const c = await conversationOf(m.wa_id);
  return until("the message", async () => (await thread(c.id)).find((x) => x.wamid === m.wamid));
}

/** A conversation, joined by ann. */
async function begun(): Promise<any> {
  const m = await broker.receive({ wa_id: number() });
  const c = await conversationOf(m.wa_id);
  expect((await ann.emit("conversation:join", { conversationId: c.id })).ok).toBe(true);
  return c;
}

const reply = (who: Agent, id: string, body: Record<string, unknown>) =>
  who.rest("POST", `/conversations/${id}/messages`, { clientId: randomUUID(), ...body });

/** A reply that the provider has taken. */
async function sent(id: string, text: string = randomUUID()): Promise<any> {
  const { body } = await reply(ann, id, { text });
  return until("sent", async () => (await thread(id)).find((m) => m.id === body.message.id && m.status === "sent"));
}

describe("queues", () => {
  test("shapes: every field, null and not absent, times with milliseconds", async () => {
    const m = await broker.receive({ wa_id: number(), timestamp: "1767225600", contact_name: "Shape" });
    const c = await conversationOf(m.wa_id);
    expect(Object.keys(c)).toEqual(expect.arrayContaining(["id", "version", "tenantId", "channel", "contact", "status", "assignee",
      "unreadCount", "messageCount", "lastMessage", "createdAt", "lastActivityAt", "closedAt"]));
    expect(c).toMatchObject({ tenantId: "acme", channel: "whatsapp", assignee: null, closedAt: null, unreadCount: 1, messageCount: 1 });
    expect(c.createdAt).toMatch(time);
    expect(c.lastActivityAt).toMatch(time);
    expect(c.lastMessage).toMatchObject({ createdAt: "2026-01-01T00:00:00.000Z", direction: "inbound", type: "text", status: "received" });
    const [got] = await thread(c.id);
    expect(got).toMatchObject({ conversationId: c.id, direction: "inbound", type: "text", mediaUrl: null, status: "received", error: null,
      attempts: 0, wamid: m.wamid, clientId: null, createdAt: "2026-01-01T00:00:00.000Z", sentAt: null, deliveredAt: null, readAt: null });
    expect(got.author).toMatchObject({ type: "customer", name: "Shape" });
    const one = await ann.rest("GET", `/conversations/${c.id}`);
    expect(one.body.conversation).toEqual(c);
    expect(one.body.seq).toBeGreaterThanOrEqual(c.version);
  });

  test("timestamps: number, string, RFC 3339 with an offset", async () => {
    for (const timestamp of [1767225600, "1767225600", "2026-01-01T00:00:00Z", "2026-01-01T02:00:00+02:00"]) {
      expect((await taken({ timestamp })).createdAt).toBe("2026-01-01T00:00:00.000Z");
    }
  });

  test("media types by the URL's ending, captions, odd characters, long texts", async () => {
    const media = (media_url: string, more = {}) => taken({ message_text: null, media_url, ...more });
    expect((await media("https://m.test/a.JPG?x=1")).type).toBe("image");
    expect((await media("https://m.test/a.mp4")).type).toBe("video");
    expect((await media("https://m.test/a.ogg")).type).toBe("audio");
    expect((await media("https://m.test/a.pdf")).type).toBe("document");
    expect((await media("https://m.test/a")).type).toBe("document");
    expect(await media("https://m.test/a.png", { type: "sticker", caption: "look" })).toMatchObject({
      type: "sticker", text: "look", mediaUrl: "https://m.test/a.png" });
    expect((await taken({ message_text: null, type: "location" })).type).toBe("location");
    const whole = "é😀".repeat(5000);
    expect((await taken({ message_text: whole })).text).toBe(whole);
    const wa_id = number();
    const body = `{"tenantId":"acme","wamid":"w.${wa_id}","wa_id":"${wa_id}","timestamp":1767225600,"message_text":"a\\u0000b\\ud800c"}`;
    await broker.publish(broker.inbound, Buffer.from(body));
    expect((await thread((await conversationOf(wa_id)).id))[0].text).toBe("a\ufffdb\ufffdc");
  });

  test("phone_number_id alone finds the tenant; a contradiction and poison are dead, and hold up nothing", async () => {
    const { tenantId: _, ...rest } = await broker.receive({ wa_id: number() });
    const alone = { ...rest, wamid: `w.${randomUUID()}`, wa_id: number() };
    await broker.publish(broker.inbound, alone);
    await conversationOf(alone.wa_id);
    const bad = [
      { ...rest, tenantId: "globex", wamid: randomUUID() },
      { ...rest, phone_number_id: "999", wamid: randomUUID() },
      { ...rest, tenantId: "acme", wamid: null },
      { ...rest, tenantId: "acme", wamid: randomUUID(), message_text: null },
      { ...rest, tenantId: "acme", wamid: randomUUID(), timestamp: "soon" },
      [1, 2],
      "text",
    ];
    const last = number();
    for (let i = 0; i < 200; i++) await broker.receive({ wa_id: last, message_text: `${i}` });
    for (const b of bad) await broker.publish(broker.inbound, b);
    for (let i = 200; i < 400; i++) await broker.receive({ wa_id: last, message_text: `${i}` });
    const c = await conversationOf(last);
    await until("400 messages", async () => (await ann.rest("GET", `/conversations/${c.id}`)).body.conversation.messageCount === 400);
    const page = await ann.rest("GET", `/conversations/${c.id}/messages?limit=200`);
    const older = await ann.rest("GET", `/conversations/${c.id}/messages?limit=200&before=${page.body.nextCursor}`);
    expect([...older.body.messages, ...page.body.messages].map((m: any) => m.text)).toEqual(Array.from({ length: 400 }, (_, i) => `${i}`));
    expect(older.body.nextCursor).toBeNull();
    const bodies: string[] = [];
    for (const _ of bad) {
      const dead = await until("a dead letter", () => broker.take(`${broker.inbound}.dead`));
      expect(dead.headers["x-portal-reason"]).toMatch(/\w/);
      bodies.push(dead.body.toString());
    }
    expect(bodies.sort()).toEqual(bad.map((b) => JSON.stringify(b)).sort());
  });

  test("an absent name renames nobody; a new one renames each of the contact's conversations first", async () => {
    const wa_id = number();
    await broker.receive({ wa_id, contact_name: "First" });
    const c = await conversationOf(wa_id);
    await ann.rest("POST", `/conversations/${c.id}/status`, { status: "closed" });
    await broker.receive({ wa_id, contact_name: undefined });
    const second = await until("the second conversation", async () =>
      (await ann.conversations(`?search=${wa_id}&status=active`)).conversations[0]);
    expect(second.id).not.toBe(c.id);
    expect(second.contact.name).toBe("First");
    const m = await broker.receive({ wa_id, contact_name: "Second" });
    await until("the rename", async () => (await conversationOf(wa_id)).contact.name === "Second");
    await until("the events", () => ann.events("conversation:updated").some((e) => e.conversation.id === second.id && e.reason === "message"));
    const events = ann.events("conversation:updated").filter((e) => e.conversation.contact.waId === wa_id).slice(-3);
    expect(events.map((e) => e.reason)).toEqual(["contact", "contact", "message"]);
    expect(new Set(events.slice(0, 2).map((e) => e.conversation.id))).toEqual(new Set([c.id, second.id]));
    expect(m.contact_name).toBe("Second");
    expect((await ann.rest("POST", `/conversations/${c.id}/status`, { status: "active" })).status).toBe(409);
  });
});

describe("delivery status", () => {
  test("skipped steps get the time of the one reached; late reports change nothing", async () => {
    const c = await begun();
    const m = await sent(c.id);
    await broker.report(m.wamid, "read", { timestamp: "1893456000" });
    await broker.report(m.wamid, "delivered", { timestamp: "1893456100" });
    await broker.report(m.wamid, "failed", { timestamp: "1893456100", errors: [{ code: 1 }] });
    await broker.report(m.wamid, "gibberish");
    const read = await until("read", async () => (await thread(c.id)).find((x) => x.id === m.id && x.status === "read"));
    expect(read).toMatchObject({ sentAt: m.sentAt, deliveredAt: "2030-01-01T00:00:00.000Z", readAt: "2030-01-01T00:00:00.000Z", attempts: 1 });
    const event = await until("its event", () => ann.events("message:delivered").find((e) => e.messageId === m.id && e.status === "read"));
    expect(event).toMatchObject({ conversationId: c.id, clientId: m.clientId, at: "2030-01-01T00:00:00.000Z", seq: read.version });
    expect("error" in event).toBe(false);
    expect((await ann.rest("GET", `/conversations/${c.id}`)).body.conversation.lastMessage.status).toBe("read");
    await pause(100);
    expect(await thread(c.id)).toContainEqual(read);
  });

  test("failed follows sent, with the provider's code, and gives way to proof of arrival", async () => {
    const c = await begun();
    const m = await sent(c.id);
    await broker.report(m.wamid, "failed", { errors: [{ code: 131026, title: "Undeliverable" }] });
    const failed = await until("failed", async () => (await thread(c.id)).find((x) => x.id === m.id && x.status === "failed"));
    expect(failed.error).toEqual({ code: "131026", message: "Undeliverable" });
    await broker.report(m.wamid, "sent");
    await broker.report(m.wamid, "delivered");
    const arrived = await until("delivered", async () => (await thread(c.id)).find((x) => x.id === m.id && x.status === "delivered"));
    expect(arrived.error).toBeNull();
    const steps = ann.events("message:delivered").filter((e) => e.messageId === m.id);
    await until("three steps", () => ann.events("message:delivered").filter((e) => e.messageId === m.id).length === 3);
    expect(steps.find((e) => e.status === "failed").error.code).toBe("131026");
  });
});

describe("sending", () => {
  test("5xx and 429 are tried again, Retry-After honoured; a contact's order holds", async () => {
    const c = await begun();
    graph.failures.push(
      { status: 500, body: {} },
      { status: 429, body: { error: { code: 130429, message: "slow" } }, headers: { "retry-after": "2" } },
    );
    const from = Date.now();
    const one = await reply(ann, c.id, { text: "one of two" });
    const two = await reply(ann, c.id, { text: "two of two" });
    expect([one.status, two.status]).toEqual([201, 201]);
    expect(one.body.message).toMatchObject({ status: "queued", sentAt: null, wamid: null, attempts: 0, error: null });
    await until("both", () => graph.sent.some((s) => s.text === "two of two"));
    expect(graph.sent.filter((s) => s.to === c.contact.waId).map((s) => s.text)).toEqual(["one of two", "two of two"]);
    expect(graph.sent.find((s) => s.text === "one of two")!.at - from).toBeGreaterThanOrEqual(2900);
    const m = await until("sent", async () => (await thread(c.id)).find((x) => x.id === one.body.message.id && x.status === "sent"));
    expect(m.attempts).toBe(3);
  });

  test("another 4xx is final", async () => {
    const c = await begun();
    graph.failures.push({ status: 400, body: { error: { code: 131047, message: "Re-engagement message" } } });
    const { body } = await reply(ann, c.id, { text: "too late" });
    const m = await until("failed", async () => (await thread(c.id)).find((x) => x.id === body.message.id && x.status === "failed"));
    expect(m.error.code).toBe("131047");
    expect(graph.sent.some((s) => s.text === "too late")).toBe(false);
  });

  test("texts: blank and too long are refused, 4096 code points are not", async () => {
    const c = await begun();
    for (const text of ["", " \n\t ", "x".repeat(4097)]) expect((await reply(ann, c.id, { text })).status).toBe(422);
    expect((await reply(ann, c.id, { text: "😀".repeat(4096) })).status).toBe(201);
    expect((await ann.rest("POST", `/conversations/${c.id}/messages`, { text: "x" })).status).toBe(422);
  });

  test("another agent's newer reply: 409 with newer, unless forced", async () => {
    const c = await begun();
    const [seen] = await thread(c.id);
    const theirs = await reply(ben, c.id, { text: "I have it" });
    expect(theirs.status).toBe(201);
    const refused = await reply(ann, c.id, { text: "me too", seenMessageId: seen.id });
    expect(refused.status).toBe(409);
    expect(refused.body.newer.map((m: any) => m.id)).toEqual([theirs.body.message.id]);
    expect((await reply(ben, c.id, { text: "my own", seenMessageId: seen.id })).status).toBe(201);
    expect((await reply(ann, c.id, { text: "me too", seenMessageId: seen.id, force: true })).status).toBe(201);
  });
});

describe("REST", () => {
  test("closed 409, unknown assignee 422, viewer 403 after 404, no change no event", async () => {
    const c = await begun();
    const path = `/conversations/${c.id}`;
    expect((await ann.rest("POST", `${path}/assign`, { userId: "nobody" })).status).toBe(422);
    expect((await ann.rest("POST", `${path}/assign`, { userId: "globex-ann" })).status).toBe(422);
    const assigned = await ann.rest("POST", `${path}/assign`, { userId: "acme-ben" });
    expect(assigned.body.conversation.assignee).toEqual({ id: "acme-ben", name: "Ben Finch" });
    expect((await ann.rest("POST", `${path}/assign`, { userId: "acme-ben" })).body.conversation.version).toBe(assigned.body.conversation.version);
    expect((await ann.rest("POST", `${path}/assign`, { userId: null })).body.conversation.assignee).toBeNull();
    expect((await ann.rest("POST", `${path}/status`, { status: "gone" })).status).toBe(422);
    const read = await ann.rest("POST", `${path}/read`);
    expect(read.body.conversation.unreadCount).toBe(0);
    expect((await ann.rest("POST", `${path}/read`)).body.conversation.version).toBe(read.body.conversation.version);
    for (const [call, body] of [["assign", { userId: null }], ["status", { status: "closed" }], ["read", undefined], ["messages", { text: "x", clientId: "v" }]] as const) {
      expect((await vic.rest("POST", `${path}/${call}`, body)).status).toBe(403);
      expect((await vic.rest("POST", `/conversations/nothing/${call}`, body)).status).toBe(404);
      expect((await stranger.rest("POST", `${path}/${call}`, body)).status).toBe(404);
    }
    expect((await vic.rest("GET", path)).status).toBe(200);
    const closed = await ann.rest("POST", `${path}/status`, { status: "closed" });
    expect(closed.body.conversation.closedAt).toMatch(time);
    expect((await reply(ann, c.id, { text: "too late" })).status).toBe(409);
    expect((await ann.rest("POST", `${path}/status`, { status: "active" })).body.conversation.closedAt).toBeNull();
  });

  test("lists: filters, sorts, cursors, limits, unreadTotal", async () => {
    const ids = async (q: string) => (await ann.conversations(q)).conversations.map((c: any) => c.id);
    const all = await ann.conversations("?limit=200");
    expect(all.unreadTotal).toBe(all.conversations.reduce((n: number, c: any) => n + c.unreadCount, 0));
    for (const sort of ["lastActivity", "createdAt", "unread"]) {
      const whole = (await ann.conversations(`?sort=${sort}&limit=200`)).conversations;
      const key = (c: any) => (sort === "unread" ? c.unreadCount : Date.parse(sort === "createdAt" ? c.createdAt : c.lastActivityAt));
      expect(whole.map(key)).toEqual([...whole.map(key)].sort((a, b) => b - a));
      const paged: string[] = [];
      for (let cursor: string | null = ""; cursor !== null; ) {
        const page: any = await ann.conversations(`?sort=${sort}&limit=7&cursor=${cursor}`);
        expect(page.unreadTotal).toBe(all.unreadTotal);
        paged.push(...page.conversations.map((c: any) => c.id));
        cursor = page.nextCursor;
      }
      expect(paged).toEqual(whole.map((c: any) => c.id));
    }
    const one = all.conversations.find((c: any) => c.status === "active");
    await ann.rest("POST", `/conversations/${one.id}/assign`, { userId: "acme-ann" });
    expect(await ids("?assignee=me")).toEqual([one.id]);
    expect(await ids("?assignee=acme-ann")).toEqual([one.id]);
    expect(await ids("?assignee=unassigned&limit=200")).not.toContain(one.id);
    expect(await ids("?search=%25")).toEqual([]);
    expect(await ids("?search=sHaPe")).toHaveLength(1);
    expect((await ann.conversations("?status=closed")).conversations.every((c: any) => c.status === "closed")).toBe(true);
    for (const q of ["?limit=0", "?limit=201", "?limit=x", "?sort=name", "?status=open", "?cursor=zzz"]) {
      expect([q, (await ann.rest("GET", `/conversations${q}`)).status]).toEqual([q, 422]);
    }
  });

  test("dashboard", async () => {
    const list = (await ann.conversations("?limit=200")).conversations;
    const m = (await ann.rest("GET", "/dashboard/metrics")).body;
    expect(m).toMatchObject({
      activeConversations: list.filter((c: any) => c.status === "active").length,
      closedConversations: list.filter((c: any) => c.status === "closed").length,
      unassignedConversations: list.filter((c: any) => c.status === "active" && !c.assignee).length,
    });
    expect(m.periodStart).toMatch(/T00:00:00\.000Z$/);
    expect(m.periodEnd).toMatch(time);
    expect(m.failedDeliveries).toBe(1);
    expect(typeof m.avgResponseTimeSeconds).toBe("number");
    expect((await stranger.rest("GET", "/dashboard/metrics")).body).toMatchObject({ totalMessages: 0, avgResponseTimeSeconds: null });
    for (const [period, n] of [["24h", 24], ["7d", 7], ["30d", 30]] as const) {
      const v = (await ann.rest("GET", `/dashboard/message-volume?period=${period}`)).body;
      const d = (await ann.rest("GET", `/dashboard/delivery-stats?period=${period}`)).body;
      for (const series of [v.labels, v.inbound, v.outbound, d.labels, d.delivered, d.failed]) expect(series).toHaveLength(n);
      expect(d.failed.at(-1)).toBe(1);
      expect(v.outbound.at(-1)).toBeGreaterThan(0);
    }
    for (const call of ["message-volume", "delivery-stats"]) expect((await ann.rest("GET", `/dashboard/${call}?period=1y`)).status).toBe(422);
  });

  test("problems: 400, 404, 405, 413, always as problem documents", async () => {
    const ask = (path: string, init: RequestInit = {}) =>
      fetch(portal.url + path, { ...init, headers: { authorization: `Bearer ${ann.token}`, "content-type": "application/json", ...init.headers } });
    const c = (await ann.conversations()).conversations[0];
    const cases: [Response, number][] = [
      [await ask("/api/nothing"), 404],
      [await ask("/api"), 404],
      [await ask("/api/conversations", { method: "DELETE" }), 405],
      [await ask(`/api/conversations/${c.id}/messages`, { method: "POST", body: "{" }), 400],
      [await ask(`/api/conversations/${c.id}/messages`, { method: "POST", body: "" }), 400],
      [await ask(`/api/conversations/${c.id}/messages`, { method: "POST", body: `{"text":7,"clientId":"x"}` }), 422],
      [await ask(`/api/conversations/${c.id}/messages`, { method: "POST", body: JSON.stringify({ text: "x".repeat(2 << 20), clientId: "x" }) }), 413],
      [await ask("/api/conversations", { headers: { authorization: "" } }), 401],
      [await ask("/api/auth/refresh", { method: "POST" }), 401],
      [await ask("/api/auth/logout", { method: "POST" }), 401],
      [await ask("/api/auth/login", { method: "POST", body: "{" }), 400],
    ];
    for (const [res, status] of cases) {
      expect([res.url, res.status]).toEqual([res.url, status]);
      expect(res.headers.get("content-type")).toMatch(/^application\/problem\+json/);
      expect(await res.json()).toMatchObject({ status });
    }
    expect(await (await ask("/api/openapi.json", { headers: { authorization: "" } })).json()).toMatchObject({ openapi: expect.stringMatching(/^3\.1/) });
    expect(await (await ask("/api/asyncapi.json", { headers: { authorization: "" } })).json()).toMatchObject({ asyncapi: expect.stringMatching(/^3\./) });
  });

  test("origins: a foreign one gets no grant and no socket, an allowed one both", async () => {
    const rest = async (origin: string) =>
      (await fetch(`${portal.url}/api/conversations`, { headers: { origin } })).headers.get("access-control-allow-origin");
    const socket = async (origin: string) =>
      (await fetch(`${portal.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } })).status;
    expect(await rest("https://evil.example")).toBeNull();
    expect(await rest("https://desk.example.com")).toBe("https://desk.example.com");
    expect(await socket("https://evil.example")).toBe(403);
    expect(await socket("https://desk.example.com")).toBe(200);
    expect(await socket(portal.url)).toBe(200);
  });

  test("health and metrics need no token", async () => {
    for (const path of ["/healthz", "/readyz", "/metrics"]) expect((await fetch(portal.url + path)).status).toBe(200);
    expect(await (await fetch(`${portal.url}/readyz`)).text()).toMatch(/broker/);
    expect(await (await fetch(`${portal.url}/metrics`)).text()).toMatch(/broker/);
  });
});

test("LIVE-31 the handshake's figures", async () => {
  const open = await (await fetch(`${portal.url}/socket.io/?EIO=4&transport=polling`)).text();
  expect(JSON.parse(open.slice(1))).toMatchObject({ pingInterval: 10_000, pingTimeout: 5000, maxPayload: 1_048_576 });
});

describe("sign-in", () => {
  const post = (path: string, cookie: string, body?: unknown) =>
    fetch(`${portal.url}/api/auth/${path}`, { method: "POST", headers: { cookie, "content-type": "application/json" }, body: body ? JSON.stringify(body) : undefined });

  test("refresh turns the cookie, and the one before stays good; sign-out refuses at once and ends sockets", async () => {
    const a = await (await Agent.signIn(portal.url, "ben@acme.test")).connect();
    const first = await post("refresh", a.cookie);
    expect(first.status).toBe(200);
    const set = first.headers.get("set-cookie")!;
    expect(set).toMatch(/httponly/i);
    expect(set).toMatch(/samesite=strict/i);
    const body = (await first.json()) as any;
    expect(body).toMatchObject({ user: { id: "acme-ben", email: "ben@acme.test", name: "Ben Finch", role: "agent", tenantId: "acme" }, expiresAt: expect.stringMatching(time) });
    expect(set.split(";")[0]).not.toBe(a.cookie);
    expect((await post("refresh", a.cookie)).status).toBe(200);
    const reason = new Promise((r) => a.socket.on("disconnect", r));
    expect((await post("logout", set.split(";")[0]!)).status).toBe(204);
    expect((await a.rest("GET", "/conversations")).status).toBe(401);
    a.token = body.accessToken;
    expect((await a.rest("GET", "/conversations")).status).toBe(401);
    expect(await reason).toBe("io server disconnect");
    expect((await post("refresh", a.cookie)).status).toBe(401);
  });

  test("tokens: alg none, another key and an expired one are refused", async () => {
    const [head, payload] = ann.token.split(".");
    const b64 = (v: unknown) => Buffer.from(JSON.stringify(v)).toString("base64url");
    const sign = (h: string, p: string, key: string) => `${h}.${p}.${createHmac("sha256", key).update(`${h}.${p}`).digest("base64url")}`;
    const claims = JSON.parse(Buffer.from(payload!, "base64url").toString());
    const status = async (token: string) => (await fetch(`${portal.url}/api/conversations`, { headers: { authorization: `Bearer ${token}` } })).status;
    expect(JSON.parse(Buffer.from(head!, "base64url").toString()).alg).toBe("HS256");
    expect(claims.exp).toBeTypeOf("number");
    expect(await status(sign(head!, payload!, secret))).toBe(200);
    expect(await status(`${b64({ alg: "none", typ: "JWT" })}.${payload}.`)).toBe(401);
    expect(await status(sign(head!, payload!, "another-secret-of-at-least-32-bytes!"))).toBe(401);
    expect(await status(sign(head!, b64({ ...claims, exp: 1 }), secret))).toBe(401);
    const { exp: _, ...endless } = claims;
    expect(await status(sign(head!, b64(endless), secret))).toBe(401);
  });

  test("ten failed sign-ins for an email, then 429 with Retry-After; others aren't held up", async () => {
    const wrong = () => post("login", "", { email: "nobody@acme.test", password: "x" });
    for (let i = 0; i < 10; i++) expect((await wrong()).status).toBe(401);
    const limited = await wrong();
    expect(limited.status).toBe(429);
    expect(Number(limited.headers.get("retry-after"))).toBeGreaterThan(0);
    expect((await post("login", "", { email: "ben@acme.test", password: "correct horse" })).status).toBe(200);
  });
});

describe("webhooks", () => {
  const hook = (body: string, signature?: string) =>
    fetch(`${portal.url}/webhooks/whatsapp`, { method: "POST", body, headers: signature === undefined ? {} : { "x-hub-signature-256": signature } });
  const signed = (body: string, key = secrets.appSecret) => hook(body, `sha256=${createHmac("sha256", key).update(body).digest("hex")}`);
  const events = (phone_number_id: string, from: string) => JSON.stringify({ object: "whatsapp_business_account", entry: [{ id: "1", changes: [{ field: "messages", value: {
    messaging_product: "whatsapp", metadata: { display_phone_number: "15550100", phone_number_id }, contacts: [{ profile: { name: "Hook" }, wa_id: from }],
    messages: [{ from, id: `wamid.${from}`, timestamp: "1767225600", type: "text", text: { body: "by webhook" } }] } }] }] });

  test("verification", async () => {
    const ask = (token: string) => fetch(`${portal.url}/webhooks/whatsapp?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`);
    const res = await ask(secrets.verifyToken);
    expect([res.status, await res.text()]).toEqual([200, "1158201444"]);
    expect(res.headers.get("content-type")).toMatch(/^text\/plain/);
    expect((await ask("wrong")).status).toBe(403);
    expect((await ask("")).status).toBe(403);
  });

  test("events: signature checked, unknown numbers ignored, large ones refused", async () => {
    const from = number();
    const body = events("1050", from);
    expect((await hook(body)).status).toBe(401);
    expect((await signed(body, "wrong")).status).toBe(401);
    expect((await signed(body)).status).toBe(200);
    expect((await conversationOf(from)).lastMessage.text).toBe("by webhook");
    expect((await signed(events("4711", number()), "wrong")).status).toBe(200);
    for (let i = 0; i < 5; i++) expect((await signed("x".repeat(5 << 20))).status).toBe(413);
    for (let i = 0; i < 5; i++) expect((await hook("x".repeat(3 << 20))).status).toBe(401);
  });
});

test("REST-65 what answers beside the API is in the document, with the statuses and types that it really answers", async () => {
  const document = (await (await fetch(`${portal.url}/api/openapi.json`)).json()) as any;
  const body = JSON.stringify({ entry: [{ changes: [{ value: { metadata: { phone_number_id: "1050" } } }] }] });
  const signature = `sha256=${createHmac("sha256", secrets.appSecret).update(body).digest("hex")}`;
  const hook = (init: RequestInit) => fetch(`${portal.url}/webhooks/whatsapp`, { method: "POST", ...init });
  const verify = (token: string) => fetch(`${portal.url}/webhooks/whatsapp?hub.mode=subscribe&hub.challenge=1&hub.verify_token=${token}`);
  for (const [path, method, status, res] of [
    ["/webhooks/whatsapp", "get", 200, await verify(secrets.verifyToken)],
    ["/webhooks/whatsapp", "get", 403, await verify("wrong")],
    ["/webhooks/whatsapp", "post", 200, await hook({ body, headers: { "x-hub-signature-256": signature } })],
    ["/webhooks/whatsapp", "post", 400, await hook({ body: "{", headers: { "x-hub-signature-256": signature } })],
    ["/webhooks/whatsapp", "post", 401, await hook({ body })],
    ["/webhooks/whatsapp", "post", 413, await hook({ body: "x".repeat(5 << 20) })],
    ["/healthz", "get", 200, await fetch(`${portal.url}/healthz`)],
    ["/readyz", "get", 200, await fetch(`${portal.url}/readyz`)],
    ["/metrics", "get", 200, await fetch(`${portal.url}/metrics`)],
  ] as const) {
    expect([path, res.status]).toEqual([path, status]);
    const answer = document.paths[path][method].responses[status];
    expect(answer, `${path} ${status}`).toBeTruthy();
    const text = await res.text();
    expect(Object.keys(answer.content ?? {})).toEqual(text === "" ? [] : [res.headers.get("content-type")!.split(";")[0]]);
    if (res.headers.get("content-type")?.includes("json")) {
      const media: any = Object.values(answer.content)[0];
      const { $ref } = media.schema;
      const schema = $ref ? document.components.schemas[$ref.split("/").pop()] : media.schema;
      expect(Object.keys(JSON.parse(text)).filter((name) => !schema.properties[name])).toEqual([]);
      expect(Object.keys(JSON.parse(text))).toEqual(expect.arrayContaining(schema.required));
    }
  }
});

describe("settings", () => {
  const fails = async (p: Portal, ...args: string[]) => {
    const err = await p.run(...args).then(() => "", (e: Error) => e.message);
    expect(err).toContain("exited");
    return err;
  };

  test("a second serve on the same file and a short secret are refused with one line", async () => {
    const second = await fails(portal, "serve", "--addr", "127.0.0.1:0");
    expect(second.trim().split("\n")).toHaveLength(1);
    expect((await fails(portal, "serve", "--addr", "127.0.0.1:0", "--jwt-secret", "short")).trim().split("\n")).toHaveLength(1);
    for (const command of ["serve", "demo", "seed", "simulate", "migrate"]) await portal.run(command, "--help");
    await portal.run("--help");
  });

  test("CFG-11 serve makes its database, then logs one line `listening` with an address that answers", async () => {
    const fresh = await Portal.empty();
    try {
      await fresh.start();
      expect((await fetch(`${fresh.url}/healthz`)).status).toBe(200);
      const lines = fresh.log.join("").split("\n").filter((l) => l.includes("listening"));
      expect(lines).toHaveLength(1);
      expect(lines[0]).toContain(new URL(fresh.url).host);
    } finally {
      await fresh.dispose();
    }
  });

  test("CFG-13 seed beside serve: sign-in works at once, messages too; again changes nothing", async () => {
    const early = await broker.receive({ tenantId: "later", phone_number_id: "777", wa_id: number() });
    await until("no such tenant", () => broker.take(`${broker.inbound}.dead`));
    const tenant = { ...seed.tenants[0]!, id: "later", name: "Later", whatsapp: { ...seed.tenants[0]!.whatsapp, phoneNumberId: "777" },
      users: [{ id: "late", email: "late@later.test", password: "correct horse", name: "Late", role: "agent" }] };
    await portal.run("seed", portal.file("later.json", JSON.stringify({ tenants: [tenant] })));
    const late = await Agent.signIn(portal.url, "late@later.test");
    await broker.publish(broker.inbound, early);
    await until("the message", async () => (await late.conversations()).conversations.length === 1);
    const { seq } = await late.conversations();
    tenant.users[0]!.password = "another password";
    await portal.run("seed", portal.file("later.json", JSON.stringify({ tenants: [tenant] })));
    await Agent.signIn(portal.url, "late@later.test");
    expect((await late.conversations()).seq).toBe(seq);
  });
});
