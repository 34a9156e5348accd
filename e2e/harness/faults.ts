import { expect } from "vitest";
import { Agent } from "./agent.ts";
import { pause, until } from "./until.ts";

/** Traffic, clients, and what is done to them. */
export interface Scenario {
  /** What the faults are called in the report. */
  name: string;
  /** Where the clients connect. */
  url: string;
  /** Where messages come from. */
  source: { receive(m: { tenantId: string; wa_id: string; message_text: string }): Promise<unknown> };
  /** Does the fault and returns once the service could be back. */
  fault: () => Promise<void>;
  faults: number;
  /** Whether the fault breaks the clients' connections; then each must recover from each. */
  breaks: boolean;
  clients: number;
  contacts: number; // of each tenant
  perSecond: number;
  /** How long all goes well between faults, in ms. */
  between: () => number;
}

const tenants = ["acme", "globex"];

/**
 * Runs a scenario and proves that every client was sent exactly the events that
 * it was due: nothing lost, doubled or out of order, recovered every time.
 */
export async function underFaults(s: Scenario): Promise<void> {
  const agents: Agent[] = [];
  try {
    const watchers = new Map<string, Agent>();
    for (const tenant of tenants) {
      for (let i = 0; i < s.contacts; i++) await s.source.receive({ tenantId: tenant, wa_id: `4479000000${i}`, message_text: "hello" });
      watchers.set(tenant, await Agent.signIn(s.url, `ann@${tenant}.test`));
    }
    for (let i = 0; i < s.clients; i++) agents.push(await join(s, tenants[i % 2]!, i));
    const starts = agents.map((a) => a.readies[0]!);
    const published = await faultsAmidTraffic(s, agents);

    for (const [i, agent] of agents.entries()) {
      const tenant = agent.user.tenantId;
      const total = published[tenant]!;
      const watcher = watchers.get(tenant)!;
      const { seq } = await until("all applied", async () => {
        const { conversations, seq } = await watcher.conversations();
        const sum = conversations.reduce((n: number, c: any) => n + c.messageCount, 0);
        return sum === total + s.contacts && { seq };
      }, 120_000);
      await until("caught up", async () => (await agent.emit("session:ping", {})).seq >= seq, 60_000);
      verify(agent, i, s, total, starts[i]!);
    }
    report(s, agents, published);
  } finally {
    agents.forEach((a) => a.close());
  }
}

/** Publishes while the faults happen; how much went to each tenant. */
async function faultsAmidTraffic(s: Scenario, agents: Agent[]): Promise<Record<string, number>> {
  const published: Record<string, number> = { acme: 0, globex: 0 };
  let publishing = true;
  const traffic = (async () => {
    for (let n = 0; publishing; n++) {
      const tenant = tenants[n % 2]!;
      const mine = published[tenant]!++;
      await s.source.receive({ tenantId: tenant, wa_id: `4479000000${mine % s.contacts}`, message_text: `n${mine}` });
      await pause(1000 / s.perSecond);
    }
  })();
  for (let n = 0; n < s.faults; n++) {
    await pause(s.between());
    await s.fault();
    if (s.breaks) await until("all clients back", () => agents.every((a) => a.readies.length >= n + 2), 60_000);
  }
  publishing = false;
  await traffic;
  return published;
}

/** A client in every room of its tenant; every third begins with polling. */
async function join(s: Scenario, tenant: string, i: number): Promise<Agent> {
  const agent = await Agent.signIn(s.url, `${i % 4 < 2 ? "ann" : "ben"}@${tenant}.test`);
  await agent.connect({
    transports: i % 3 === 0 ? ["polling", "websocket"] : ["websocket"],
    reconnectionDelay: 100,
    reconnectionDelayMax: 400,
  });
  const rooms = await until("the conversations", async () => {
    const { conversations } = await agent.conversations();
    return conversations.length === s.contacts && conversations;
  });
  for (const room of rooms) {
    const ack = await agent.emit("conversation:join", { conversationId: room.id });
    expect(ack.ok).toBe(true);
  }
  return agent;
}

function verify(agent: Agent, i: number, s: Scenario, total: number, start: number): void {
  if (s.breaks) {
    // One that breaks again on its way back recovers once more than there were faults.
    expect(agent.recovered.length, `client ${i}`).toBeGreaterThan(s.faults);
  }
  expect(agent.recovered, `client ${i}`).toEqual([false, ...Array(agent.recovered.length - 1).fill(true)]);
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

function report(s: Scenario, agents: Agent[], published: Record<string, number>): void {
  const due = agents.reduce((n, a) => n + a.heard.length, 0);
  const back = agents.reduce((n, a) => n + a.recovered.length - 1, 0);
  console.log(
    `${s.name} × ${s.faults}: ${agents.length} clients, ${published.acme! + published.globex!} messages, ` +
      `${due} events due and heard; 0 lost, 0 doubled, 0 out of order; ${back} of ${back} reconnects recovered`,
  );
}
