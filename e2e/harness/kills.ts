import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import { Agent } from "./agent.ts";
import type { Kind, Scene } from "./scene.ts";
import { until } from "./until.ts";

/** Has the process die while act goes on, and start again. */
type Dies = (act: () => Promise<unknown>) => Promise<void>;
/** Something that is done once, through a death of the process, and has one effect. */
type Deed = (s: Scene, dies: Dies) => Promise<void>;

const long = 60_000;

const message: Deed = async (s, dies) => {
  const text = `message ${randomUUID()}`;
  await dies(() => s.provider.receive({ message_text: text, wamid: text }));
  await s.settled();
  expect((await s.thread()).filter((m) => m.text === text)).toHaveLength(1);
};

const webhook: Deed = async (s, dies) => {
  const text = `hook ${randomUUID()}`;
  await dies(() => s.hook.receive({ message_text: text, wamid: text }));
  await s.settled();
  expect((await s.thread()).filter((m) => m.text === text)).toHaveLength(1);
};

const report: Deed = async (s, dies) => {
  const { wamid, text } = await s.sent();
  await dies(() => s.provider.report(wamid, "read"));
  await s.message(text, (m) => m.status === "read");
  await s.settled();
};

/** A report that comes before its message is known. */
const earlyReport: Deed = async (s, dies) => {
  const wamid = `wamid.out.${s.graph.sent.length + 1}`;
  await dies(() => s.provider.report(wamid, "delivered"));
  const text = `early ${randomUUID()}`;
  await s.reply(text);
  await s.message(text, (m) => m.status === "delivered" && m.wamid === wamid);
};

const poison: Deed = async (s, dies) => {
  const wamid = `poison ${randomUUID()}`;
  await dies(() => s.provider.receive({ wamid, timestamp: "soon" }));
  await s.settled();
  await buried(s, wamid, 2);
};

const republish: Deed = async (s, dies) => {
  const wamid = `poison ${randomUUID()}`;
  await s.provider.receive({ wamid, timestamp: "soon" });
  const [letter] = await until("the dead letter", async () => (await s.letters(wamid)).length === 1 && s.letters(wamid), long);
  await dies(() => s.again("POST", `/dead-letters/${letter.queue}/${letter.key}/republish`, undefined, 404));
  await s.settled();
  await buried(s, wamid, 3); // the letter may also have been stored anew before the death
};

/** A report that no message was found for in 7 days. */
const expiredReport: Deed = async (s, dies) => {
  const wamid = `lost ${randomUUID()}`;
  await s.provider.report(wamid, "read");
  await s.settled();
  await s.database!.query(`UPDATE parked_reports SET received_at = received_at - 8 * 86400000 WHERE wamid = '${wamid}'`);
  await s.portal.kill(); // it is looked for at the start, and then each minute
  await dies(() => s.portal.start().catch(() => {})); // it may die before it listens
  await buried(s, wamid, 2);
};

/** A letter is stored before what it tells of is gone: a death in between leaves both. */
async function buried(s: Scene, text: string, most: number): Promise<void> {
  const letters = await until("the dead letter", async () => (await s.letters(text)).length > 0 && s.letters(text), long);
  expect(letters.length).toBeLessThanOrEqual(most);
}

/** A reply that the provider takes, after so many calls and attempts. */
const reply = (calls: number, attempts: number): Deed => async (s, dies) => {
  const text = `reply ${randomUUID()}`;
  await dies(() => s.reply(text));
  const m = await s.message(text, (m) => m.status === "sent");
  expect({ calls: s.graph.sent.filter((c) => c.text === text).length, attempts: m.attempts }).toEqual({ calls, attempts });
  expect((await s.thread()).filter((m) => m.text === text)).toHaveLength(1);
};

/** A reply whose reports are there before its wamid; the provider names it anew when it is sent again. */
const replyReportedEarly: Deed = async (s, dies) => {
  const n = s.graph.sent.length + 2; // the marker's reply goes out before
  await s.provider.report(`wamid.out.${n}`, "delivered");
  await s.provider.report(`wamid.out.${n + 1}`, "delivered");
  await s.settled();
  const text = `reported ${randomUUID()}`;
  await dies(() => s.reply(text));
  const m = await s.message(text, (m) => m.status === "delivered");
  expect(m).toMatchObject({ wamid: `wamid.out.${n + 1}`, attempts: 2 });
};

const refused = (status: number, end: string, attempts: number): Deed => async (s, dies) => {
  const text = `refused ${randomUUID()}`;
  s.graph.failures.push({ status, body: { error: { code: status, message: "no" } } });
  await dies(() => s.reply(text));
  const m = await s.message(text, (m) => m.status === end);
  expect(m.attempts).toBe(attempts);
  expect(s.graph.sent.filter((c) => c.text === text)).toHaveLength(end === "sent" ? 1 : 0);
};

const newSocket: Deed = async (s, dies) => {
  let ben: Agent | undefined;
  await dies(async () => (ben = await s.agent("ben")));
  expect(ben!.recovered.at(-1)).toBe(false);
  ben!.close();
};

const returningSocket: Deed = async (s, dies) => {
  const before = s.ann.recovered.length;
  await dies(async () => void s.ann.socket.io.engine.close());
  await until("Ann's return", () => s.ann.recovered.length > before, long);
};

const join: Deed = async (s, dies) => {
  const ben = await s.agent("ben");
  const enter = () => until("a join", async () => (await ben.emit("conversation:join", { conversationId: s.conversation })).ok, long);
  await dies(enter);
  await hears(s, ben, 1);
};

const leave: Deed = async (s, dies) => {
  const ben = await s.agent("ben");
  await ben.emit("conversation:join", { conversationId: s.conversation });
  const exit = () => until("a leave", async () => (await ben.emit("conversation:leave", { conversationId: s.conversation })).ok, long);
  await dies(exit);
  await hears(s, ben, 0);
};

/** Ben hears a message so many times. */
async function hears(s: Scene, ben: Agent, times: number): Promise<void> {
  const text = `for Ben ${randomUUID()}`;
  await s.provider.receive({ message_text: text });
  await s.message(text);
  const { seq } = (await s.again("GET", "/conversations")).body;
  await until("Ben to be sent all", async () => (await ben.emit("session:ping", {})).seq >= seq, long);
  expect(ben.events("message:new").filter((e) => e.message.text === text)).toHaveLength(times);
  expect(ben.recovered.slice(1)).toEqual(ben.recovered.slice(1).map(() => true));
  ben.close();
}

const refresh: Deed = async (s, dies) => {
  const call = () => fetch(`${s.portal.url}/api/auth/refresh`, { method: "POST", headers: { cookie: s.ann.cookie } });
  let answer: Response | undefined;
  await dies(() => until("a refresh", async () => (answer = await call()).status === 200, long));
  s.ann.cookie = answer!.headers.get("set-cookie")!.split(";")[0]!;
  expect((await call()).status).toBe(200);
};

/** Each point, and what brings the process there. */
export const kills: { point: string; by: string; deed: Deed; kind?: Kind }[] = [
  { point: "delivery.taken", by: "a message", deed: message },
  { point: "delivery.taken", by: "a report", deed: report },
  { point: "delivery.taken", by: "poison", deed: poison },
  { point: "message.written", by: "a message", deed: message },
  { point: "events.committed", by: "a message", deed: message },
  { point: "delivery.committed", by: "a message", deed: message },
  { point: "delivery.acknowledged", by: "a message", deed: message },
  { point: "webhook.published", by: "a webhook", deed: webhook },
  { point: "report.written", by: "a report", deed: report },
  { point: "events.committed", by: "a report", deed: report },
  { point: "delivery.committed", by: "a report", deed: report },
  { point: "delivery.acknowledged", by: "a report", deed: report },
  { point: "report.parked", by: "an early report", deed: earlyReport },
  { point: "delivery.committed", by: "an early report", deed: earlyReport },
  { point: "report.buried", by: "a report that found no message", deed: expiredReport, kind: "PostgreSQL, RabbitMQ" },
  { point: "letter.stored", by: "poison", deed: poison },
  { point: "letter.republished", by: "an admin", deed: republish },

  { point: "reply.written", by: "a reply", deed: reply(1, 1) },
  { point: "events.committed", by: "a reply", deed: reply(1, 1) },
  { point: "reply.committed", by: "a reply", deed: reply(1, 1) },
  { point: "send.claimed", by: "a reply", deed: reply(1, 2) },
  { point: "send.answered", by: "a reply", deed: reply(2, 2) }, // here and in the next two nobody knows the answer
  { point: "send.written", by: "a reply", deed: reply(2, 2) },
  { point: "parked.applied", by: "a reply with early reports", deed: replyReportedEarly },
  { point: "send.stored", by: "a reply", deed: reply(1, 1) },
  { point: "send.answered", by: "a refused reply", deed: refused(400, "sent", 2) },
  { point: "send.stored", by: "a refused reply", deed: refused(400, "failed", 1) },
  { point: "send.stored", by: "a reply to be tried again", deed: refused(503, "sent", 2) },

  { point: "session.stored", by: "a new socket", deed: newSocket },
  { point: "session.taken", by: "a returning socket", deed: returningSocket },
  { point: "join.stored", by: "a join", deed: join },
  { point: "leave.stored", by: "a leave", deed: leave },
  { point: "refresh.rotated", by: "a refresh", deed: refresh },
];
