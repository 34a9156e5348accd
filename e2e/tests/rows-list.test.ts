import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Desk } from "../harness/browser.ts";
import { Stage } from "../harness/stage.ts";
import { until } from "../harness/until.ts";

// RT-05: the list, its filters and its alerts; two agents, each at a browser of their own.
describe("the list of conversations", () => {
  let stage: Stage, ann: Desk, ben: Desk;
  const customers = 130;

  beforeAll(async () => {
    stage = await Stage.open();
    ann = await stage.desk("ann");
    ben = await stage.desk("ben");
  });
  afterAll(() => stage?.close());

  const names = (desk: Desk) =>
    desk.page
      .getByTestId("conversation-item")
      .evaluateAll((items) => items.map((item) => item.querySelector("[dir=auto]")?.textContent));

  test("PAGE-62 the badge is absent at zero and counts the tenant's unread; each row tells its own", async () => {
    for (const desk of [ann, ben]) expect(await desk.page.getByTestId("unread-badge").count()).toBe(0);
    const first = await stage.customer("Ana Prieto", "34611", "Uno", "Dos");
    await stage.customer("Bo Lund", "45612", "Hej");
    for (const desk of [ann, ben]) {
      await until("three unread", async () => (await desk.page.getByTestId("unread-badge").textContent())?.trim() === "3");
      expect(await desk.row("Ana Prieto").getAttribute("data-unread")).toBe("2");
      expect(await desk.row("Ana Prieto").getAttribute("data-conversation-id")).toBe(first.id);
      expect(await desk.page.title()).toContain("(3)");
    }
    const mine = await Agent.signIn(stage.portal.url, "ben@acme.test");
    for (const c of (await mine.conversations()).conversations) await mine.rest("POST", `/conversations/${c.id}/read`);
    for (const desk of [ann, ben]) {
      await until("no badge", async () => (await desk.page.getByTestId("unread-badge").count()) === 0);
      await until("nothing unread", async () => (await desk.row("Ana Prieto").getAttribute("data-unread")) === "0");
      expect(await desk.page.title()).not.toContain("(");
    }
  });

  test("PAGE-35 the toast of a new conversation links to it and stays at least 8 s", async () => {
    const desk = await Desk.open(stage.browser, stage.portal.url);
    await desk.page.clock.install();
    await desk.signIn("vic@acme.test", "/settings");
    // How long each toast stood, by the page's own clock.
    await desk.page.evaluate(() => {
      const lives: number[] = ((window as any).lives = []);
      let from = 0;
      new MutationObserver(() => {
        const shown = document.querySelector("[data-testid=new-conversation-toast]") !== null;
        if (shown && !from) from = performance.now();
        if (!shown && from) lives.push(performance.now() - from);
        if (!shown) from = 0;
      }).observe(document.body, { childList: true, subtree: true });
    });
    const conversation = await stage.customer("Cleo Adam", "49613", "Guten Tag");
    const toast = desk.page.getByTestId("new-conversation-toast");
    await toast.waitFor();
    expect(await toast.textContent()).toContain("Cleo Adam");
    expect(await toast.getByRole("link").getAttribute("href")).toContain(`/conversations/${conversation.id}`);
    const [life] = await until("the toast to go", async () => {
      await desk.page.clock.runFor(1000);
      const lives = await desk.page.evaluate(() => (window as any).lives as number[]);
      return lives.length > 0 && lives;
    });
    expect(life).toBeGreaterThanOrEqual(8000);

    await stage.customer("Dora Weiss", "49614", "Guten Abend");
    await toast.getByRole("link").click();
    await desk.page.waitForURL(/\/conversations\/.+/);
    await desk.message("Guten Abend").waitFor();
    expect(desk.complaints).toEqual([]);
    await desk.close();
  });

  test("PAGE-64 many at once share a toast; the list loads on at its end, and draws only what is seen", async () => {
    const numbers = Array.from({ length: customers }, (_, i) => i + 1);
    await Promise.all(
      numbers.map((n) =>
        stage.broker.receive({ wa_id: `4477${1000 + n}`, contact_name: `Customer ${n}`, message_text: `Question ${n}` }),
      ),
    );
    await until("one toast that counts", async () =>
      /\d+ new conversations/.test((await ann.page.getByTestId("new-conversation-toast").allTextContents()).join(" ")),
    );
    await until("all on the server", async () => (await stage.ann.conversations("?search=4477&limit=200")).conversations.length === customers);
    expect(await ann.page.getByTestId("new-conversation-toast").count()).toBeLessThanOrEqual(3);

    await ann.page.reload();
    await ann.inSync();
    const all: string[] = (await stage.ann.conversations("?status=active&limit=200")).conversations.map((c: any) => c.id);
    expect(all.length).toBe(customers + 4);
    const seen = new Set<string>();
    let most = 0;
    await ann.page.getByTestId("conversation-item").first().hover();
    await until("every conversation", async () => {
      const rows = ann.page.getByTestId("conversation-item");
      const ids = await rows.evaluateAll((items) => items.map((item) => item.getAttribute("data-conversation-id")!));
      most = Math.max(most, ids.length);
      for (const id of ids) seen.add(id);
      await ann.page.mouse.wheel(0, 400);
      return all.every((id) => seen.has(id));
    }, 60_000);
    expect(most).toBeLessThan(60);
  });

  test("PAGE-65 views, search and sort show what the server says", async () => {
    const ana = (await stage.ann.conversations("?search=34611")).conversations[0];
    const bo = (await stage.ann.conversations("?search=45612")).conversations[0];
    await stage.ann.rest("POST", `/conversations/${ana.id}/assign`, { userId: "acme-ben" });
    await stage.ann.rest("POST", `/conversations/${bo.id}/status`, { status: "closed" });
    const view = async (desk: Desk, name: string) => desk.page.getByRole("list", { name: "Views" }).getByRole("link", { name }).click();
    const shows = (desk: Desk, ...expected: string[]) =>
      until(`only ${expected}`, async () => JSON.stringify(await names(desk)) === JSON.stringify(expected));

    await view(ben, "Mine");
    await shows(ben, "Ana Prieto");
    await view(ben, "Closed");
    await shows(ben, "Bo Lund");
    await view(ann, "Unassigned");
    await ann.page.getByLabel("Name or number").fill("lEo");
    await shows(ann, "Cleo Adam");
    await ann.page.getByLabel("Name or number").fill("49614");
    await shows(ann, "Dora Weiss");
    await ann.page.getByLabel("Name or number").fill("Ana Prieto"); // is assigned
    await ann.page.getByText("Search everything").click();
    await shows(ann, "Ana Prieto");
    await ann.page.getByRole("button", { name: "Clear search" }).click();

    await view(ann, "All active");
    for (const [sort, label] of [["createdAt", "Newest"], ["unread", "Most unread"], ["lastActivity", "Latest"]] as const) {
      if (sort === "unread") await stage.customer("Customer 7", "44771007", "Again", "And again");
      await ann.page.getByRole("button", { name: /^Sort/ }).click();
      await ann.page.getByRole("menuitemradio", { name: label }).click();
      const { conversations } = await stage.ann.conversations(`?status=active&sort=${sort}&limit=5`);
      await until(`sorted by ${sort}`, async () => {
        const shown = (await names(ann)).slice(0, 5);
        return JSON.stringify(shown) === JSON.stringify(conversations.map((c: any) => c.contact.name));
      });
    }
    for (const desk of [ann, ben]) expect(desk.complaints).toEqual([]);
  });
});
