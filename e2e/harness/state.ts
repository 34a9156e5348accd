import { expect } from "vitest";
import type { Agent } from "./agent.ts";
import type { Portal } from "./portal.ts";
import { until } from "./until.ts";

/** What /readyz says. */
export async function readiness(p: Portal): Promise<{ status: number; body: any }> {
  const res = await fetch(`${p.url}/readyz`);
  return { status: res.status, body: await res.json() };
}

/** Waits until /readyz is 200; how long that took, in ms. */
export async function ready(p: Portal, within: number): Promise<number> {
  const from = Date.now();
  await until("readyz to be 200", async () => (await readiness(p)).status === 200, within);
  return Date.now() - from;
}

/** Waits until /readyz is 503 for a reason. */
export async function unready(p: Portal, reason: RegExp, within: number): Promise<void> {
  await until(`readyz to say ${reason}`, async () => {
    const { status, body } = await readiness(p);
    if (status !== 503 || !reason.test(body.reason)) throw new Error(JSON.stringify(body));
    return true;
  }, within);
}

/** The metrics whose name and labels begin so, summed. */
export async function metric(p: Portal, begin: string): Promise<number> {
  const text = await (await fetch(`${p.url}/metrics`)).text();
  return text.split("\n").filter((line) => line.startsWith(begin)).reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

/** A portal that can commit nothing says so at every door: REST and new sockets get 503, and may come again. */
export async function refusesWrites(p: Portal, agent: Agent, conversation: string): Promise<void> {
  expect(await metric(p, "portal_database_writable")).toBe(0);
  const reply = await fetch(`${p.url}/api/conversations/${conversation}/messages`, {
    method: "POST",
    headers: { authorization: `Bearer ${agent.token}`, "content-type": "application/json" },
    body: JSON.stringify({ text: "in vain", clientId: "in vain" }),
  });
  expect(reply.status).toBe(503);
  expect(reply.headers.get("content-type")).toBe("application/problem+json");
  expect(await reply.json()).toMatchObject({ status: 503, code: "unavailable" });
  const handshake = await fetch(`${p.url}/socket.io/?EIO=4&transport=polling`);
  expect(handshake.status).toBe(503);
  expect(Number(handshake.headers.get("retry-after"))).toBeGreaterThan(0);
}
