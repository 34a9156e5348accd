import { expect } from "vitest";
import { Agent } from "./agent.ts";
import type { Broker } from "./broker.ts";
import type { Portal } from "./portal.ts";
import { pause, until } from "./until.ts";

export interface Killing {
  kills: number;
  clients: number;
  contacts: number; // of each tenant
  perSecond: number;
  /** How long the server lives between kills, in ms. */
  life: () => number;
}

const tenants = ["acme", "globex"];

/**
 * Kills the server under traffic and proves that every client was sent exactly
 * the events that it was due: nothing lost, doubled or out of order, recovered
 * every time.
 */
export async function killUnderTraffic(portal: Portal, broker: Broker, k: Killing): Promise<void> {
  const agents: Agent[] = [];
  try {
    const watchers = new Map<string, Agent>();
    for (const tenant of tenants) {
      for (let i = 0; i < k.contacts; i++) await broker.receive({ tenantId: tenant, wa_id: `4479000000${i}`, message_text: "hello" });
      watchers.set(tenant, await Agent.signIn(portal.url, `ann@${tenant}.test`));
    }
    for (let i = 0; i < k.clients; i++) agents.push(await join(portal, k, tenants[i % 2]!, i));
    const starts = agents.map((a) => a.readies[0]!);

    const published = { acme: 0, globex: 0 } as Record<string, number>;
    let publishing = true;
    const traffic = (async () => {
      for (let n = 0; publishing; n++) {
        const tenant = tenants[n % 2]!;
        const mine = published[tenant]!++;
        await broker.receive({ tenantId: tenant, wa_id: `4479000000${mine % k.contacts}`, message_text: `n${mine}` });
        await pause(1000 / k.perSecond);
      }
    })();
    for (let n = 0; n < k.kills; n++) {
      await pause(k.life());
      await portal.kill();
      await portal.start();
      await until("all clients back", () => agents.every((a) => a.readies.length >= n + 2), 60_000);
    }
    publishing = false;
    await traffic;

    for (const [i, agent] of agents.entries()) {
      const tenant = agent.user.tenantId;
      const total = published[tenant]!;
      const watcher = watchers.get(tenant)!;
      const { seq } = await until("all applied", async () => {
        const { conversations, seq } = await watcher.conversations();
        const sum = conversations.reduce((n: number, c: any) => n + c.messageCount, 0);
        return sum === total + k.contacts && { seq };
      }, 120_000);
      await until("caught up", async () => (await agent.emit("session:ping", {})).seq >= seq);
      verify(agent, i, k, total, starts[i]!);
    }
    const due = agents.reduce((n, a) => n + a.heard.length, 0);
    console.log(
      `${k.kills} kills, ${agents.length} clients, ${published.acme! + published.globex!} messages: ` +
        `${due} events due and heard; 0 lost, 0 doubled, 0 out of order; ` +
        `${agents.reduce((n, a) => n + a.recovered.filter(Boolean).length, 0)} of ${agents.length * k.kills} reconnects recovered`,
    );
  } finally {
    agents.forEach((a) => a.close());
  }
}

/** A client in every room of its tenant; every third begins with polling. */
async function join(portal: Portal, k: Killing, tenant: string, i: number): Promise<Agent> {
  const agent = await Agent.signIn(portal.url, `${i % 4 < 2 ? "ann" : "ben"}@${tenant}.test`);
  await agent.connect({
    transports: i % 3 === 0 ? ["polling", "websocket"] : ["websocket"],
    reconnectionDelay: 100,
    reconnectionDelayMax: 400,
  });
  const rooms = await until("the conversations", async () => {
    const { conversations } = await agent.conversations();
    return conversations.length === k.contacts && conversations;
  });
  for (const room of rooms) {
    const ack = await agent.emit("conversation:join", { conversationId: room.id });
    expect(ack.ok).toBe(true);
  }
  return agent;
}

function verify(agent: Agent, i: number, k: Killing, total: number, start: number): void {
  expect(agent.recovered, `client ${i}`).toEqual([false, ...Array(k.kills).fill(true)]);
  const seqs = agent.heard.map((h) => h.body.seq as number);
  expect(seqs, `client ${i}: in order, nothing doubled`).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  expect(agent.events("message:new").length, `client ${i}: nothing lost`).toBe(total);
  const byRoom = new Map<string, number>();
  for (const { message } of agent.events("message:new")) {
    const n = Number(message.text.slice(1));
    expect(n, `client ${i}: a contact's order`).toBeGreaterThan(byRoom.get(message.conversationId) ?? -1);
    byRoom.set(message.conversationId, n);
  }
  // Whoever is in every room is due every event of the tenant.
  const first = Math.max(start, seqs[0]! - 1);
  expect(seqs.length, `client ${i}: gap-free`).toBe(seqs.at(-1)! - first);
}
