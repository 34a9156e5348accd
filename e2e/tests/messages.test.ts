import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Broker } from "../harness/broker.ts";
import { Graph } from "../harness/graph.ts";
import { Portal } from "../harness/portal.ts";
import { until } from "../harness/until.ts";

// From the queue to the official client and back, over a real broker.
describe("a WhatsApp message reaches an agent and is answered", () => {
  let broker: Broker, graph: Graph, portal: Portal, ann: Agent, stranger: Agent;

  beforeAll(async () => {
    broker = await Broker.open();
    graph = await Graph.open();
    portal = await Portal.make({ ...broker.env(), PORTAL_GRAPH_URL: graph.url });
    await portal.start();
    ann = await (await Agent.signIn(portal.url, "ann@acme.test")).connect();
    stranger = await (await Agent.signIn(portal.url, "ann@globex.test")).connect();
  });

  afterAll(async () => {
    ann?.close();
    stranger?.close();
    await portal?.dispose();
    await broker?.close();
    await graph?.close();
  });

  test("first message: conversation:new, then message:new for those who joined since", async () => {
    const m = await broker.receive({ wa_id: "4915112345678", message_text: "Guten Tag" });
    const created = await until("conversation:new", () => ann.events("conversation:new")[0]);
    expect(created.conversation).toMatchObject({
      tenantId: "acme",
      status: "active",
      unreadCount: 1,
      messageCount: 1,
      assignee: null,
      contact: { waId: "4915112345678", name: "John Doe" },
      lastMessage: { text: "Guten Tag", direction: "inbound", status: "received" },
    });
    const joined = await ann.emit("conversation:join", { conversationId: created.conversation.id, since: 0 });
    expect(joined.ok).toBe(true);
    const got = ann.events("message:new");
    expect(got).toHaveLength(1);
    expect(got[0].message).toMatchObject({ wamid: m.wamid, text: "Guten Tag", direction: "inbound" });
    expect(got[0].seq).toBe(created.seq + 1);
  });

  test("duplicates have no effect and a contact's order is kept", async () => {
    const texts = Array.from({ length: 30 }, (_, i) => `line ${i}`);
    const before = ann.events("message:new").length;
    for (const text of texts) {
      const m = await broker.receive({ wa_id: "4915112345678", message_text: text });
      await broker.publish(broker.inbound, m);
    }
    await until("30 messages", () => ann.events("message:new").length >= before + 30);
    const list = await ann.conversations();
    await until("the position", async () => (await ann.emit("session:ping", {})).seq >= list.seq);
    expect(ann.events("message:new").slice(before).map((e) => e.message.text)).toEqual(texts);
  });

  test("a reply goes out once and its ticks only move forward", async () => {
    const { conversations } = await ann.conversations("?search=John");
    const id = conversations[0].id;
    const body = { text: "Good day, how can we help?", clientId: "c-1" };
    const first = await ann.rest("POST", `/conversations/${id}/messages`, body);
    expect(first.status).toBe(201);
    expect((await ann.rest("POST", `/conversations/${id}/messages`, body)).status).toBe(200);
    expect((await ann.rest("POST", `/conversations/${id}/messages`, { ...body, text: "other" })).status).toBe(409);
    const sent = await until("the send", () => graph.sent.find((s) => s.text === body.text));
    await broker.report(sent.wamid, "read");
    await broker.report(sent.wamid, "delivered");
    await broker.report(sent.wamid, "sent");
    await broker.report(sent.wamid, "read");
    await until("read", () => ann.events("message:delivered").some((e) => e.status === "read"));
    const after = await broker.receive({ wa_id: "4915112345678", message_text: "a marker behind the reports" });
    await until("the marker", () => ann.events("message:new").some((e) => e.message.wamid === after.wamid));
    const steps = ann.events("message:delivered").map((e) => e.status);
    expect(steps).toEqual(["sent", "read"]);
    expect(graph.sent.filter((s) => s.text === body.text)).toHaveLength(1);
  });

  test("a report that comes before its message is known is applied when it is", async () => {
    const { conversations } = await ann.conversations("?search=John");
    const next = `wamid.out.${graph.sent.length + 1}`;
    await broker.report(next, "delivered");
    await broker.report("wamid.marker.unknown", "sent");
    const res = await ann.rest("POST", `/conversations/${conversations[0].id}/messages`, { text: "early", clientId: "c-2" });
    await until("delivered", () =>
      ann.events("message:delivered").some((e) => e.messageId === res.body.message.id && e.status === "delivered"),
    );
  });

  test("what can never be applied is dead-lettered whole, with its reason", async () => {
    const bad: [Buffer, RegExp][] = [
      [Buffer.from("{not json"), /json/i],
      [Buffer.from(JSON.stringify({ tenantId: "nobody", wamid: "w", wa_id: "1", timestamp: "1767225600", message_text: "x" })), /tenant/i],
      [Buffer.from(JSON.stringify({ tenantId: "acme", wa_id: "1", timestamp: "1767225600", message_text: "x" })), /wamid/i],
      [Buffer.from(JSON.stringify({ tenantId: "acme", wamid: "w2", wa_id: "1", timestamp: "soon", message_text: "x" })), /time/i],
      [Buffer.from([0x7b, 0xff, 0x7d]), /utf-8/i],
    ];
    for (const [body, reason] of bad) {
      await broker.publish(broker.inbound, body);
      const dead = await until("the dead letter", () => broker.take(`${broker.inbound}.dead`));
      expect(dead.body.equals(body)).toBe(true);
      expect(String(dead.headers["x-portal-reason"])).toMatch(reason);
    }
    const m = await broker.receive({ wa_id: "33612345678", message_text: "still flowing" });
    await until("the next message", () =>
      ann.events("conversation:new").some((e) => e.conversation.lastMessage.text === m.message_text),
    );
  });

  test("another tenant hears and sees nothing of all this", async () => {
    expect(stranger.heard).toEqual([]);
    const { conversations } = await ann.conversations();
    expect((await stranger.rest("GET", `/conversations/${conversations[0].id}`)).status).toBe(404);
    const join = await stranger.emit("conversation:join", { conversationId: conversations[0].id });
    expect(join).toMatchObject({ ok: false, error: { code: "not_found" } });
    expect((await stranger.conversations()).conversations).toEqual([]);
  });

  test("seqs are gap-free and in order for this socket", async () => {
    const seqs = ann.heard.map((h) => h.body.seq).filter((s) => s !== undefined);
    expect(new Set(seqs).size).toBe(seqs.length);
    const tenant = ann.heard.filter((h) => h.name.startsWith("conversation:")).map((h) => h.body.seq);
    expect(tenant).toEqual([...tenant].sort((a, b) => a - b));
  });

  test("CFG-12 SIGTERM drains and exits 0 within 10 s", async () => {
    const { code, ms } = await portal.stop();
    expect(code).toBe(0);
    expect(ms).toBeLessThan(10_000);
  });
});
