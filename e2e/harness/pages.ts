import { expect } from "vitest";
import type { Page } from "playwright-core";
import { Agent } from "./agent.ts";
import type { Broker } from "./broker.ts";
import { type Desk } from "./browser.ts";
import type { Portal } from "./portal.ts";
import { pause, until } from "./until.ts";

const contacts = ["Tobias Wendt", "Lucía Ferrer", "Amira Haddad", "Jonas Berg", "Priya Nair", "Olu Adeyemi"];

/** How often a page asked for what, counted from the last reset. */
export class Asked {
  private readonly counts = new Map<string, number>();

  constructor(page: Page) {
    page.on("request", (r) => {
      const url = new URL(r.url());
      if (r.method() === "GET" && url.pathname.startsWith("/api/")) {
        const what = url.pathname + url.search;
        this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
      }
    });
  }

  reset(): void {
    this.counts.clear();
  }

  most(): { times: number; what: string } {
    const [what, times] = [...this.counts].sort((a, b) => b[1] - a[1])[0] ?? ["nothing", 0];
    return { times, what };
  }
}

/**
 * Kills the server under two open pages and traffic, and proves that the pages
 * equal the server in the end, never loaded anew, and asked for each thing at
 * most once after each kill.
 */
export async function pagesThroughKills(portal: Portal, broker: Broker, desks: Desk[], kills: number): Promise<void> {
  const watcher = await Agent.signIn(portal.url, "vic@acme.test");
  const number = (i: number) => `49151000000${i}`;
  for (const [i, name] of contacts.entries()) await broker.receive({ wa_id: number(i), contact_name: name, message_text: "Guten Morgen" });
  for (const desk of desks) {
    await desk.row(contacts[0]!).click();
    await desk.message("Guten Morgen").first().waitFor();
  }
  const asked = desks.map((d) => new Asked(d.page));
  const loads = desks.map((d) => d.loads);
  let n = 0;
  let publishing = true;
  const traffic = (async () => {
    for (; publishing; n++) {
      await broker.receive({ wa_id: number(n % contacts.length), contact_name: contacts[n % contacts.length]!, message_text: `Nachricht ${n}.` });
      await pause(40);
    }
  })();
  const most: string[] = [];
  for (let kill = 0; kill < kills; kill++) {
    await pause(700);
    asked.forEach((a) => a.reset());
    await portal.kill();
    await Promise.all(desks.map((d) => d.status("reconnecting")));
    await portal.start();
    await Promise.all(desks.map((d) => d.inSync(40_000)));
    for (const a of asked) {
      const { times, what } = a.most();
      expect(times, `asked for ${what} after kill ${kill + 1}`).toBeLessThanOrEqual(1);
      most.push(`${times}`);
    }
  }
  publishing = false;
  await traffic;
  await until("all applied", async () => total(await watcher.conversations()) === n + contacts.length, 60_000);
  for (const desk of desks) await equalsServer(desk, watcher);
  expect(desks.map((d) => d.loads), "no page was loaded anew").toEqual(loads);
  console.log(`${kills} kills, ${n} messages, ${desks.length} pages equal the server; most refetches of one thing after each kill: ${most.join(" ")}`);
}

const total = (list: any) => list.conversations.reduce((sum: number, c: any) => sum + c.messageCount, 0);

/** The list and the open thread, as far as they are on screen, are the server's. */
async function equalsServer(desk: Desk, watcher: Agent): Promise<void> {
  await until("the page to equal the server", async () => {
    const { conversations, unreadTotal } = await watcher.conversations();
    const rows = await desk.page.getByTestId("conversation-item").evaluateAll((all) =>
      all.map((e) => `${e.getAttribute("data-conversation-id")} ${e.getAttribute("data-unread")}`),
    );
    const badges = await desk.page.getByTestId("unread-badge").allTextContents();
    const open = new URL(desk.page.url()).pathname.split("/").pop()!;
    const { messages } = (await watcher.rest("GET", `/conversations/${open}/messages?limit=200`)).body;
    const shown = await desk.page.getByTestId("message").evaluateAll((all) =>
      all.map((e) => `${e.getAttribute("data-message-id")} ${e.getAttribute("data-status")}`),
    );
    expect(rows).toEqual(conversations.map((c: any) => `${c.id} ${c.unreadCount}`));
    expect(badges[0]?.trim() ?? "0").toBe(unreadTotal > 99 ? badges[0]?.trim() : String(unreadTotal));
    expect(shown.length).toBeGreaterThan(5);
    expect(shown).toEqual(messages.slice(-shown.length).map((m: any) => `${m.id} ${m.status}`));
    return true;
  }, 30_000);
}
