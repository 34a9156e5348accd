import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { After } from "../harness/after.ts";
import { Agent } from "../harness/agent.ts";
import { Broker } from "../harness/broker.ts";
import { DatabaseLock } from "../harness/databaseLock.ts";
import { underFaults } from "../harness/faults.ts";
import { Hook } from "../harness/hook.ts";
import { Portal } from "../harness/portal.ts";
import { PrivatePostgres } from "../harness/privatePostgres.ts";
import { SmallDisk } from "../harness/smallDisk.ts";
import { metric, ready, refusesWrites, unready } from "../harness/state.ts";
import { pause } from "../harness/until.ts";

// The database takes nothing for a while, amid traffic: the whole portal, with the real thing beneath it.
// At the same time, since most of it is waiting.
const some = { breaks: false, faults: 1, clients: 4, contacts: 5, perSecond: 50, between: () => 300 };

async function broker(after: After): Promise<Broker> {
  const b = await Broker.open();
  after(() => b.close());
  return b;
}

/** An agent who writes, and a conversation of theirs. */
async function writer(p: Portal): Promise<{ agent: Agent; conversation: string }> {
  const agent = await Agent.signIn(p.url, "ann@acme.test");
  return { agent, conversation: (await agent.conversations()).conversations[0].id };
}

const hello = { messages: [{ id: "a message amid it", from: "447900", timestamp: "1767225600", type: "text", text: { body: "hello" } }] };

/** Goes on with the traffic, so that there is something to take up again; none of it is taken meanwhile. */
async function meanwhile(p: Portal, ms = 1500): Promise<void> {
  const taken = () => metric(p, "portal_deliveries_applied_total");
  const before = await taken();
  await pause(ms);
  expect(await taken()).toBe(before);
}

describe.concurrent("a full disk", () => {
  const full = async (after: After, b?: Broker): Promise<void> => {
    const disk = await SmallDisk.under(b?.env() ?? {});
    const { portal } = disk;
    after(() => portal.dispose());
    await portal.start();
    const hooks: Record<string, Hook> = { acme: new Hook(portal.url), globex: new Hook(portal.url, "1051") };
    const source = b ?? { receive: (m: { tenantId: string; wa_id: string; message_text: string }) => hooks[m.tenantId]!.receive(m) };
    const fault = async () => {
      const { agent, conversation } = await writer(portal);
      disk.fill();
      await unready(portal, /^nothing can be committed: the disk is full$/, 5_000);
      await refusesWrites(portal, agent, conversation);
      expect((await agent.rest("GET", `/conversations/${conversation}/messages`)).status).toBe(200);
      if (!b) expect(await hooks.acme!.post(hello)).toBe(503);
      const tried = await metric(portal, "portal_deliveries_retried_total");
      await meanwhile(portal);
      // Only what was in hand when it happened is tried again, once a second.
      expect((await metric(portal, "portal_deliveries_retried_total")) - tried).toBeLessThan(200);
      disk.empty();
      await ready(portal, 5_000);
    };
    await underFaults({ ...some, name: `full disk, ${b ? "RabbitMQ" : "webhook"}`, url: portal.url, source, fault });
    expect(await metric(portal, "portal_deliveries_dead_total")).toBe(0);
  };

  test("FAULT-6 over RabbitMQ: nothing is taken, readyz says why, and with room all comes in, once and in order", async ({ onTestFinished }) => full(onTestFinished, await broker(onTestFinished)));

  test("FAULT-6 by webhook: 503, and Meta's next try comes in", ({ onTestFinished }) => full(onTestFinished));
});

test.concurrent("FAULT-8 SQLite locked by another process for 20 s: 503 in bounded time, reads go on, nothing is taken, and with the lock's end all flows", async ({ onTestFinished: after }) => {
  const b = await broker(after);
  const portal = await Portal.make(b.env());
  after(() => portal.dispose());
  await portal.start();
  const fault = async () => {
    const { agent, conversation } = await writer(portal);
    const lock = await DatabaseLock.take(join(portal.dir, "portal.db"));
    after(() => lock.release());
    const until = Date.now() + 20_000;
    await unready(portal, /^nothing can be committed: the database (is locked by another process|doesn't commit in time)$/, 10_000);
    await refusesWrites(portal, agent, conversation);
    expect((await agent.rest("GET", `/conversations/${conversation}/messages`)).status).toBe(200);
    await meanwhile(portal, until - Date.now());
    await lock.release();
    await ready(portal, 5_000);
  };
  await underFaults({ ...some, name: "SQLite locked", url: portal.url, source: b, fault });
  expect(await metric(portal, "portal_deliveries_dead_total")).toBe(0);
});

describe.concurrent("PostgreSQL", () => {
  async function amid(after: After, name: string, fault: (db: PrivatePostgres, portal: Portal, writer: { agent: Agent; conversation: string }) => Promise<void>) {
    const db = await PrivatePostgres.start();
    after(() => db.dispose());
    const b = await broker(after);
    const portal = await Portal.make({ ...b.env(), PORTAL_DATABASE_URL: db.url });
    after(() => portal.dispose());
    await portal.start();
    await underFaults({ ...some, name: `PostgreSQL ${name}`, url: portal.url, source: b, fault: async () => fault(db, portal, await writer(portal)) });
    expect(await metric(portal, "portal_deliveries_dead_total")).toBe(0);
  }

  test("FAULT-7 frozen: 503 in bounded time, no connection breaks, and within 5 s of its return all flows", ({ onTestFinished }) =>
    amid(onTestFinished, "frozen", async (db, portal, { agent, conversation }) => {
      db.freeze();
      await unready(portal, /^the database is away$|in time$/, 10_000);
      await refusesWrites(portal, agent, conversation);
      await meanwhile(portal);
      db.thaw();
      await ready(portal, 5_000);
    }));

  test("FAULT-7 killed and started again: the same", ({ onTestFinished }) =>
    amid(onTestFinished, "killed", async (db, portal, { agent, conversation }) => {
      await db.kill();
      await unready(portal, /^the database is away$/, 5_000);
      await refusesWrites(portal, agent, conversation);
      await meanwhile(portal);
      await db.start();
      await ready(portal, 5_000);
    }));

  test("FAULT-7 read-only: reads go on, nothing is taken, readyz says why", ({ onTestFinished }) =>
    amid(onTestFinished, "read-only", async (db, portal, { agent, conversation }) => {
      await db.readOnly(true);
      await unready(portal, /^nothing can be committed: the database is read-only for now$/, 5_000);
      await refusesWrites(portal, agent, conversation);
      expect((await agent.rest("GET", `/conversations/${conversation}/messages`)).status).toBe(200);
      await meanwhile(portal);
      await db.readOnly(false);
      await ready(portal, 5_000);
    }));
});
