import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Broker } from "../harness/broker.ts";
import { Desk, launch } from "../harness/browser.ts";
import { Graph } from "../harness/graph.ts";
import { Portal } from "../harness/portal.ts";
import { until } from "../harness/until.ts";

// The plan's acceptance criteria (RT-01 … RT-10), with two agents in two
// browser contexts, over a real broker.
describe("two agents at their browsers", () => {
  let broker: Broker, graph: Graph, portal: Portal, browser: Browser, ann: Desk, ben: Desk;

  beforeAll(async () => {
    broker = await Broker.open();
    graph = await Graph.open();
    portal = await Portal.make({ ...broker.env(), PORTAL_GRAPH_URL: graph.url });
    await portal.start();
    browser = await launch();
    ann = await Desk.open(browser, portal.url);
    ben = await Desk.open(browser, portal.url);
  });

  afterAll(async () => {
    await browser?.close();
    await portal?.dispose();
    await broker?.close();
    await graph?.close();
  });

  test("PAGE-1 the socket connects after sign-in, and a wrong password says so", async () => {
    await ann.page.goto(`${portal.url}/conversations`);
    await ann.page.waitForURL(/\/login/);
    await ann.page.getByLabel(/email/i).fill("ann@acme.test");
    await ann.page.getByLabel(/password/i).first().fill("wrong");
    await ann.page.locator("button[type=submit]").click();
    await ann.page.getByText(/incorrect/i).waitFor();
    ann.complaints.length = 0; // the browser itself reports the 401
    await ann.signIn("ann@acme.test");
    expect(new URL(ann.page.url()).pathname).toBe("/conversations");
    await ben.signIn("ben@acme.test");
  });

  test("PAGE-2 a new conversation appears in the list with a toast and an unread badge", async () => {
    await broker.receive({ wa_id: "4915112345678", contact_name: "Tobias Wendt", message_text: "Die Rechnung fehlt noch" });
    for (const desk of [ann, ben]) {
      await desk.row("Tobias Wendt").waitFor();
      expect(await desk.row("Tobias Wendt").getAttribute("data-unread")).toBe("1");
      expect((await desk.page.getByTestId("unread-badge").first().textContent())?.trim()).toBe("1");
    }
    const toast = ann.page.getByTestId("new-conversation-toast").first();
    await toast.waitFor();
    expect(await toast.locator("a").count()).toBeGreaterThan(0);
  });

  test("PAGE-3 messages of an open conversation appear without a reload, and reading clears the badge", async () => {
    await ann.page.bringToFront();
    await ann.row("Tobias Wendt").click();
    await ann.message("Die Rechnung fehlt noch").waitFor();
    await broker.receive({ wa_id: "4915112345678", contact_name: "Tobias Wendt", message_text: "Hallo, noch da?" });
    await ann.message("Hallo, noch da?").waitFor();
    for (const desk of [ann, ben]) {
      await until("the badge to go", async () => (await desk.page.getByTestId("unread-badge").count()) === 0);
    }
  });

  test("PAGE-4 ticks go sent, delivered, read", async () => {
    await ann.write("Guten Tag, ich sehe nach.");
    const bubble = ann.message("ich sehe nach").last();
    const sent = await until("the send", () => graph.sent.find((s) => s.text.includes("ich sehe nach")));
    for (const status of ["sent", "delivered", "read"]) {
      if (status !== "sent") await broker.report(sent.wamid, status);
      await until(status, async () => (await bubble.getAttribute("data-status")) === status);
    }
    expect(await ann.message("ich sehe nach").count()).toBe(1);
  });

  test("PAGE-5 typing shows for the other agent and goes by itself", async () => {
    await ben.page.bringToFront();
    await ben.row("Tobias Wendt").click();
    await ben.message("ich sehe nach").waitFor();
    await ben.page.getByTestId("composer").pressSequentially("Ich ", { delay: 30 });
    const indicator = ann.page.getByTestId("typing-indicator");
    await until("typing", async () => /is typing/.test((await indicator.first().textContent()) ?? ""));
    await until("it to go", async () => !/is typing/.test((await indicator.allTextContents()).join("")), 8_000);
    await ben.page.getByTestId("composer").fill("");
  });

  test("PAGE-6 the dashboard counts conversations as they open and close", async () => {
    const dashboard = await ann.context.newPage();
    await dashboard.goto(`${portal.url}/`);
    const active = dashboard.getByTestId("metric-active");
    await until("one active", async () => (await active.textContent())?.trim() === "1");
    await broker.receive({ wa_id: "33612449017", contact_name: "Lucía Ferrer", message_text: "¿Tenéis la alfombra?" });
    await until("two active", async () => (await active.textContent())?.trim() === "2");
    const token = await ben.page.evaluate(async () => {
      const res = await fetch("/api/auth/refresh", { method: "POST" });
      return (await res.json()).accessToken as string;
    });
    const api = (method: string, path: string, body?: unknown) =>
      fetch(`${portal.url}/api${path}`, {
        method,
        headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
        body: body ? JSON.stringify(body) : undefined,
      }).then((r) => r.json() as Promise<any>);
    const { conversations } = await api("GET", "/conversations?search=Luc");
    await api("POST", `/conversations/${conversations[0].id}/status`, { status: "closed" });
    await until("one active again", async () => (await active.textContent())?.trim() === "1");
    await until("one closed", async () => (await dashboard.getByTestId("metric-closed").textContent())?.trim() === "1");
    await dashboard.close();
  });

  test("PAGE-7 a killed server shows as reconnecting; then both pages equal the log, without a reload", async () => {
    const loads = [ann.loads, ben.loads];
    await portal.kill();
    await Promise.all([ann.status("reconnecting"), ben.status("reconnecting")]);
    const published = broker.receive({ wa_id: "4915112345678", contact_name: "Tobias Wendt", message_text: "Geschrieben während des Ausfalls" });
    await portal.start();
    await published;
    await Promise.all([ann.inSync(30_000), ben.inSync(30_000)]);
    await ann.message("während des Ausfalls").waitFor();
    await ben.message("während des Ausfalls").waitFor();
    await ben.page.bringToFront();
    await ben.write("Da bin ich wieder.");
    await ann.message("Da bin ich wieder.").waitFor();
    expect(await ann.message("während des Ausfalls").count()).toBe(1);
    expect([ann.loads, ben.loads]).toEqual(loads);
  });

  test("PAGE-8 sign-out leads to the sign-in page in every tab and ends the socket", async () => {
    const second = await ben.context.newPage();
    await second.goto(`${portal.url}/conversations`);
    await second.locator("[data-testid=connection-status][data-state=connected]").first().waitFor();
    const out = ben.page.getByRole("button", { name: "Sign out" }).or(ben.page.getByRole("menuitem", { name: "Sign out" }));
    if (!(await out.first().isVisible())) await ben.page.getByRole("button", { name: /Ben Finch|account/i }).first().click();
    await out.first().click();
    await ben.page.waitForURL(/\/login/);
    await second.waitForURL(/\/login/);
    expect(await ben.page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]))).not.toMatch(/eyJ/);
  });

  test("PAGE-9 the console showed no errors but those of the outage", () => {
    const own = [...ann.complaints, ...ben.complaints].filter(
      (c) => !/ERR_CONNECTION_REFUSED|WebSocket connection|ERR_EMPTY_RESPONSE|ERR_CONNECTION_RESET|401|502|503/.test(c),
    );
    expect(own).toEqual([]);
  });
});
