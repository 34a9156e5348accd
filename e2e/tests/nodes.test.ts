import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Broker } from "../harness/broker.ts";
import { Database } from "../harness/database.ts";
import { Portal } from "../harness/portal.ts";
import { Proxy } from "../harness/proxy.ts";
import { pause, until } from "../harness/until.ts";

// One PostgreSQL, one RabbitMQ, two nodes, and a client whose balancer moves it.
describe("two nodes", () => {
  let broker: Broker, database: Database, a: Portal, b: Portal, balancer: Proxy, ann: Agent;

  beforeAll(async () => {
    broker = await Broker.open();
    database = await Database.create();
    const env = { ...broker.env(), PORTAL_DATABASE_URL: database.url };
    a = await Portal.make(env);
    b = await Portal.make(env);
    await a.start();
    await b.start();
    balancer = await Proxy.to(a.port);
    ann = await (await Agent.signIn(balancer.url, "ann@acme.test")).connect({
      reconnectionDelay: 100,
      reconnectionDelayMax: 400,
    });
  });
  afterAll(async () => {
    ann?.close();
    await balancer?.close();
    await a?.dispose();
    await b?.dispose();
    await database?.drop();
    await broker?.close();
  });

  test("what one node commits, agents on the other see", async () => {
    const ben = await (await Agent.signIn(b.url, "ben@acme.test")).connect();
    await broker.receive({ wa_id: "4479000001", message_text: "to whom it may concern" });
    for (const agent of [ann, ben]) await until("conversation:new", () => agent.events("conversation:new").length === 1);
    ben.close();
  });

  test("typing crosses the nodes, and so do events, without waiting for the poll of the log", async () => {
    const ben = await (await Agent.signIn(b.url, "ben@acme.test")).connect();
    const { conversation } = ann.events("conversation:new")[0];
    const room = { conversationId: conversation.id };
    for (const agent of [ann, ben]) expect((await agent.emit("conversation:join", room)).ok).toBe(true);
    await until("typing on the other node", async () => {
      expect((await ben.emit("typing:start", room)).ok).toBe(true);
      return ann.events("typing:start").length > 0;
    });
    expect(ann.events("typing:start")[0]).toEqual({ ...room, actor: { type: "agent", id: ben.user.id, name: ben.user.name } });

    // Node A commits, B's sockets hear. The poll alone would take half a second at the median.
    const waits: number[] = [];
    for (let i = 0; i < 15; i++) {
      const userId = i % 2 ? null : ben.user.id;
      const from = performance.now();
      expect((await ann.rest("POST", `/conversations/${conversation.id}/assign`, { userId })).status).toBe(200);
      await until("the assignment on the other node", () => ben.events("conversation:assigned").length > i);
      waits.push(performance.now() - from);
    }
    expect(waits.sort((x, y) => x - y)[7]).toBeLessThan(400);
    for (const agent of [ann, ben]) expect((await agent.emit("conversation:leave", room)).ok).toBe(true);
    ben.close();
  });

  test("a client moved by a crash, a cut or a stall recovers on the other node and misses nothing", async () => {
    const { conversation } = ann.events("conversation:new")[0];
    expect((await ann.emit("conversation:join", { conversationId: conversation.id })).ok).toBe(true);
    let n = 0;
    let publishing = true;
    const traffic = (async () => {
      while (publishing) {
        await broker.receive({ wa_id: "4479000001", message_text: `n${n++}` });
        await pause(20);
      }
    })();
    const back = async (what: string) => {
      const want = ann.readies.length + 1;
      return until(what, () => ann.readies.length >= want, 40_000);
    };
    await pause(500);
    balancer.move(b.port);
    let returned = back("the other node after kill -9");
    await a.kill();
    await returned;
    await a.start();
    balancer.move(a.port);
    returned = back("the first node after a cut");
    balancer.cut();
    await returned;
    balancer.move(b.port);
    returned = back("the other node after a silent stall");
    balancer.stall();
    await returned;
    publishing = false;
    await traffic;
    const { seq } = await until("all applied", async () => {
      const answer = (await fetch(`${b.url}/api/conversations`, { headers: { authorization: `Bearer ${ann.token}` } }).then((r) => r.json())) as any;
      return answer.conversations[0].messageCount === n + 1 && answer;
    }, 30_000);
    await until("caught up", async () => (await ann.emit("session:ping", {})).seq >= seq);
    expect(ann.recovered).toEqual([false, true, true, true]);
    expect(ann.events("message:new").map((e) => e.message.text)).toEqual(Array.from({ length: n }, (_, i) => `n${i}`));
  });
});
