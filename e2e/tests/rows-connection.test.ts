import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "../harness/browser.ts";
import { Cut } from "../harness/cut.ts";
import { Proxy } from "../harness/proxy.ts";
import { Stage } from "../harness/stage.ts";
import { until } from "../harness/until.ts";

interface Seen {
  state: string;
  at: number;
}

// RT-09 and RT-10: the figures, and the dot that says whether they can be believed.
// Waiting is done by the page's own clock, which the tests move; the network is real.
describe("the connection and the dashboard", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open();
  });
  afterAll(() => stage?.close());

  async function watched(url: string, path = "/conversations"): Promise<Desk> {
    const desk = await Desk.open(stage.browser, url);
    await desk.page.clock.install();
    await desk.signIn("ann@acme.test", path);
    await desk.page.evaluate(() => {
      const seen: Seen[] = ((window as any).seen = []);
      const look = () => {
        const state = document.querySelector<HTMLElement>("[data-testid=connection-status]")?.dataset.state;
        if (state && seen.at(-1)?.state !== state) seen.push({ state, at: Date.now() });
      };
      look();
      new MutationObserver(look).observe(document.body, { attributeFilter: ["data-state"], childList: true, subtree: true });
    });
    return desk;
  }
  const now = (desk: Desk) => desk.page.evaluate(() => Date.now());
  const seen = (desk: Desk) => desk.page.evaluate(() => (window as any).seen as Seen[]);
  const became = (desk: Desk, state: string, from: number) =>
    until(state, async () => (await seen(desk)).find((s) => s.state === state && s.at >= from));

  test("PAGE-74 orange within 2 s of a loss that the browser reports, green again only when in sync", async () => {
    const desk = await watched(stage.portal.url);
    const told = desk.page.evaluate(() => new Promise<number>((r) => addEventListener("offline", () => r(Date.now()), { capture: true })));
    await desk.page.evaluate(() => 0); // the listener stands
    await desk.context.setOffline(true);
    const lost = await became(desk, "reconnecting", 0);
    expect(lost.at - (await told)).toBeLessThan(2000);
    await stage.customer("Nils Berg", "4791001", "Written meanwhile");
    await desk.context.setOffline(false);
    await desk.inSync();
    await desk.row("Nils Berg").waitFor({ timeout: 1000 }); // green says that it is there
    expect(desk.loads).toBe(1);
    await desk.close();
  });

  test("PAGE-74 orange within 16 s of a silent loss", async () => {
    const proxy = await Proxy.to(stage.portal.port);
    const desk = await watched(proxy.url);
    proxy.stall();
    const from = await now(desk);
    await until("orange", async () => {
      await desk.page.clock.runFor(500);
      return (await seen(desk)).some((s) => s.state === "reconnecting");
    });
    const lost = await became(desk, "reconnecting", 0);
    expect(lost.at - from).toBeLessThanOrEqual(18_000); // 16 and the drawing on a loaded machine
    await desk.inSync();
    await desk.close();
    await proxy.close();
  });

  test("PAGE-74 one agent's break is theirs alone: the other stays green, and what they wrote is there with the green", async () => {
    const { id } = await stage.customer("Oda Lien", "4791011", "Hei");
    const cut = await Cut.to("127.0.0.1", stage.portal.port);
    const ann = await watched(`http://127.0.0.1:${cut.port}`, `/conversations/${id}`);
    const ben = await Desk.open(stage.browser, stage.portal.url);
    await ben.signIn("ben@acme.test", `/conversations/${id}`);
    await ann.message("Hei").waitFor();
    const from = await now(ann);
    cut.break();
    await became(ann, "reconnecting", from);
    await ben.write("I take this one");
    await ben.message("I take this one").and(ben.page.locator("[data-status=sent]")).waitFor();
    expect(await ben.page.getByTestId("connection-status").first().getAttribute("data-state")).toBe("connected");
    expect(await ann.message("I take this one").count()).toBe(0);
    cut.mend();
    await ann.inSync();
    expect(await ann.message("I take this one").count()).toBe(1); // green says that it is there
    expect(await ann.message("I take this one").getAttribute("data-status")).toBe("sent");
    expect(ann.loads).toBe(1);
    expect((await seen(ann)).map(({ state }) => state)).not.toContain("disconnected");
    await ann.close();
    await ben.close();
    await cut.close();
  });

  test("PAGE-75 red after 30 s without a connection, with Reconnect, which connects", async () => {
    const cut = await Cut.to("127.0.0.1", stage.portal.port);
    const desk = await watched(`http://127.0.0.1:${cut.port}`);
    const from = await now(desk);
    cut.break();
    const lost = await became(desk, "reconnecting", from);
    expect(await desk.page.getByRole("button", { name: "Reconnect" }).count()).toBe(0);
    await until("red", async () => {
      await desk.page.clock.runFor(1000);
      return (await seen(desk)).at(-1)?.state === "disconnected";
    });
    const red = (await seen(desk)).at(-1)!;
    expect(red.at - lost.at).toBeGreaterThanOrEqual(29_000);
    expect(red.at - lost.at).toBeLessThan(45_000);
    await desk.page.getByText("Disconnected").first().waitFor();
    // What the page would do by itself waits: its clock stands still.
    await desk.page.clock.pauseAt((await now(desk)) + 60_000);
    const before = cut.refused;
    await desk.page.getByRole("button", { name: "Reconnect" }).click();
    await until("a connection at once", () => cut.refused > before);
    cut.mend();
    await desk.page.clock.resume();
    await desk.inSync();
    expect(await desk.page.getByRole("button", { name: "Reconnect" }).count()).toBe(0);
    expect(desk.loads).toBe(1);
    await desk.close();
    await cut.close();
  });

  test("PAGE-95 what is opened without a connection says so, and comes with its styles once there is one, however late", async () => {
    const { id } = await stage.customer("Una Holt", "4791009", "Hei");
    const desk = await Desk.open(stage.browser, stage.portal.url, { viewport: { width: 1100, height: 800 } });
    const { page } = desk;
    await page.clock.install();
    await desk.signIn("ben@acme.test", `/conversations/${id}`);
    await desk.message("Hei").waitFor();
    const meanwhile = page.getByText("No connection. This part comes as soon as there is one.");
    const later = async (openIt: () => Promise<void>, come: () => Promise<void>) => {
      await desk.context.setOffline(true);
      await openIt();
      await until("word of it", async () => {
        await page.clock.runFor(500);
        return (await meanwhile.count()) === 1;
      });
      for (let second = 0; second < 60; second += 5) await page.clock.runFor(5000);
      await desk.context.setOffline(false);
      await come();
      await until("nothing more to come", async () => (await meanwhile.count()) === 0);
    };
    const drawer = page.getByRole("dialog", { name: "Details" });
    await later(
      () => page.getByRole("button", { name: "Details" }).click(),
      () => drawer.getByText("Selected message").waitFor(),
    );
    const fact = drawer.locator("dl > div").first();
    expect(await fact.evaluate((element) => getComputedStyle(element).display)).toBe("flex");
    await page.keyboard.press("Escape");
    await desk.inSync();
    await later(
      () => page.getByRole("link", { name: "Settings" }).click(),
      () => page.getByRole("heading", { name: "Appearance" }).waitFor(),
    );
    const second = page.getByRole("region", { name: "Alerts" });
    expect(await second.evaluate((element) => getComputedStyle(element).borderBlockStartStyle)).toBe("solid");
    await desk.inSync();
    expect(desk.loads).toBe(1);
    await desk.close();
  });

  test("PAGE-76 every figure of the dashboard moves with the events and equals the server's", async () => {
    const ann = await stage.desk("ann", "/");
    const ben = await stage.desk("ben", "/");
    const agrees = (what: string) =>
      until(what, async () => {
        const { body } = await stage.ann.rest("GET", "/dashboard/metrics");
        const figures = await Promise.all(
          [ann, ben].map(async ({ page }) => [
            (await page.getByTestId("metric-active").textContent())?.trim(),
            (await page.getByTestId("metric-closed").textContent())?.trim(),
          ]),
        );
        const expected = [String(body.activeConversations), String(body.closedConversations)];
        return figures.every((shown) => JSON.stringify(shown) === JSON.stringify(expected)) && expected;
      });
    const [active] = await agrees("the same at first");
    const one = await stage.customer("Olga Rost", "4791002", "Hei");
    await stage.customer("Per Dahl", "4791003", "Hei, hei");
    expect((await agrees("two more active"))[0]).toBe(String(Number(active) + 2));
    await stage.ann.rest("POST", `/conversations/${one.id}/status`, { status: "closed" });
    expect(await agrees("one closed")).toEqual([String(Number(active) + 1), "1"]);
    await stage.ann.rest("POST", `/conversations/${one.id}/status`, { status: "active" });
    expect((await agrees("it is open again"))[1]).toBe("0");
    for (const label of ["7 d", "30 d", "24 h"]) {
      await ann.page.getByRole("radiogroup", { name: "Period" }).getByText(label).click();
      await ann.page.getByText(label === "24 h" ? "Messages per hour" : "Messages per day").first().waitFor();
    }
    for (const desk of [ann, ben]) {
      expect(desk.complaints).toEqual([]);
      await desk.close();
    }
  });
});
