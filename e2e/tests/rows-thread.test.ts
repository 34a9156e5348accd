import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Desk } from "../harness/browser.ts";
import { Stage } from "../harness/stage.ts";
import { until } from "../harness/until.ts";

// RT-06, RT-07 and RT-08: an open conversation, its ticks and who types.
describe("an open conversation", () => {
  let stage: Stage, ann: Desk, ben: Desk, id: string;

  beforeAll(async () => {
    stage = await Stage.open();
    const conversation = await stage.customer("Ida Holm", "4760001", ...Array.from({ length: 70 }, (_, i) => `Line ${i + 1} of a long story`));
    id = conversation.id;
    ann = await stage.desk("ann", `/conversations/${id}`);
    ben = await stage.desk("ben", `/conversations/${id}`);
  });
  afterAll(() => stage?.close());

  const shown = (desk: Desk) => desk.page.getByTestId("message");
  const log = (desk: Desk) => desk.page.getByRole("log");
  const gap = (desk: Desk) => log(desk).evaluate((el) => el.scrollHeight - el.scrollTop - el.clientHeight);

  test("PAGE-66 the thread scrolls in an element of its own, stays at the bottom, and says what came elsewhere", async () => {
    await ann.message("Line 70 of").waitFor();
    await until("the bottom", async () => (await gap(ann)) < 2);
    expect(await ann.page.evaluate(() => document.scrollingElement!.scrollHeight <= window.innerHeight)).toBe(true);
    await stage.customer("Ida Holm", "4760001", "And on it goes");
    await ann.message("And on it goes").waitFor();
    await until("the bottom again", async () => (await gap(ann)) < 2);

    await log(ann).hover();
    await ann.page.mouse.wheel(0, -600);
    await until("to be away from the bottom", async () => (await gap(ann)) > 300);
    const top = () => log(ann).evaluate((el) => el.scrollTop);
    const before = await until("it to stand still", async () => {
      const one = await top();
      await ann.page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
      return one === (await top()) && one;
    });
    await stage.customer("Ida Holm", "4760001", "Unseen one", "Unseen two");
    const pill = ann.page.getByRole("button", { name: /2 new messages/ });
    await pill.waitFor();
    expect(await top()).toBe(before);
    await pill.click();
    await until("the bottom once more", async () => (await gap(ann)) < 2);
    await until("no pill", async () => (await pill.count()) === 0);

    // Older pages load upwards, and the line that was read stays where it was.
    const places = async () => {
      await ann.page.mouse.wheel(0, -500);
      const texts = await shown(ann).allTextContents();
      return texts.some((t) => t.includes("Line 1 of a"));
    };
    await until("the first line", places, 30_000);
    expect(await ann.message("Line 1 of a").count()).toBe(1);
    const order = (await shown(ann).evaluateAll((all) => all.map((m) => m.getAttribute("data-message-id")))) as string[];
    const server = (await stage.thread(id)).map((m) => m.id);
    expect(order).toEqual(server.slice(0, order.length));
  });

  test("PAGE-66 older messages come in above, and what one reads doesn't move by a pixel", async () => {
    const desk = await Desk.open(stage.browser, stage.portal.url);
    const held: (() => void)[] = [];
    await desk.page.route(/messages\?.*before=/, (route) => void held.push(() => void route.continue()));
    await desk.signIn("vic@acme.test", `/conversations/${id}`);
    await desk.message("And on it goes").waitFor();
    const loaded = await shown(desk).count();
    // At the very top, where the browser itself would hold on to nothing.
    await until("the question for older ones", () => held.length > 0);
    await log(desk).hover();
    await until("the top", async () => {
      await desk.page.mouse.wheel(0, -3000);
      await desk.page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
      return (await log(desk).evaluate((element) => element.scrollTop)) === 0;
    });
    const first = (await shown(desk).first().getAttribute("data-message-id"))!;
    const places = () =>
      desk.page.evaluate((id) => {
        const message = document.querySelector(`[data-message-id="${id}"] > *`)!;
        return { top: message.getBoundingClientRect().top, count: document.querySelectorAll("[data-testid=message]").length };
      }, first);
    // Every frame from before the answer until after it.
    await desk.page.evaluate((id) => {
      const tops: number[] = ((window as any).tops = []);
      const note = () => {
        tops.push(document.querySelector(`[data-message-id="${id}"] > *`)!.getBoundingClientRect().top);
        requestAnimationFrame(note);
      };
      requestAnimationFrame(note);
    }, first);
    const before = await places();
    held.splice(0).forEach((go) => go());
    await until("older ones", async () => (await places()).count > loaded);
    await desk.page.evaluate(() => new Promise((r) => requestAnimationFrame(() => requestAnimationFrame(r))));
    expect(Math.abs((await places()).top - before.top)).toBeLessThan(1);
    const tops = await desk.page.evaluate(() => (window as any).tops as number[]);
    expect(Math.max(...tops) - Math.min(...tops)).toBeLessThan(1);
    expect(desk.complaints).toEqual([]);
    await desk.close();
  });

  test("PAGE-28, PAGE-29 Enter sends, Shift+Enter breaks the line, and markup in texts and names stays text", async () => {
    const box = ann.page.getByTestId("composer");
    await box.fill("First line");
    await box.press("Shift+Enter");
    await box.pressSequentially("<img src=x onerror=alert(1)>");
    expect(await box.inputValue()).toBe("First line\n<img src=x onerror=alert(1)>");
    await box.press("Enter");
    expect(await box.inputValue()).toBe("");
    for (const desk of [ann, ben]) {
      const bubble = desk.message("First line").last();
      await bubble.waitFor();
      await until("one that was sent", async () => (await bubble.getAttribute("data-status")) === "sent");
      expect(await bubble.getAttribute("data-direction")).toBe("outbound");
      expect(await bubble.innerText()).toContain("<img src=x onerror=alert(1)>");
      expect(await bubble.locator("img").count()).toBe(0);
      expect(await desk.message("First line").count()).toBe(1);
    }
    const odd = '<script>alert(1)</script>"\'&amp;';
    await stage.customer(odd, "4760002", "<b>bold</b> javascript:alert(1) https://example.test/a?b=1");
    const row = ann.row("<script>alert(1)</script>");
    await row.click();
    await ann.message("<b>bold</b>").waitFor();
    expect(await ann.page.getByRole("heading", { name: odd }).innerText()).toBe(odd);
    expect(await ann.message("<b>bold</b>").getByRole("link").allTextContents()).toEqual(["https://example.test/a?b=1"]);
    expect(await ann.message("<b>bold</b>").locator("b").count()).toBe(0);
    await ann.row("Ida Holm").click();
    await ann.message("First line").waitFor();
  });

  test("PAGE-68 only who looks marks it read: visible, and with the focus", async () => {
    const unread = () => ann.row("Ida Holm").getAttribute("data-unread");
    await until("all read", async () => (await unread()) === "0");
    const look = (desk: Desk, looking: boolean) =>
      desk.page.evaluate((is) => {
        document.hasFocus = () => is;
        window.dispatchEvent(new Event(is ? "focus" : "blur"));
      }, looking);
    await look(ann, false);
    await look(ben, false);
    await stage.customer("Ida Holm", "4760001", "Is anybody there?");
    for (const desk of [ann, ben]) await desk.message("Is anybody there?").waitFor();
    await until("one unread", async () => (await unread()) === "1");
    // What the other agent does comes through, and still nobody has looked.
    await stage.ann.rest("POST", `/conversations/${id}/assign`, { userId: "acme-ben" });
    await ann.page.getByRole("button", { name: /Assigned to: Ben/ }).waitFor();
    expect(await unread()).toBe("1");
    await look(ben, true);
    for (const desk of [ann, ben]) {
      await until("read for all", async () => (await desk.row("Ida Holm").getAttribute("data-unread")) === "0");
    }
    await look(ann, true);
  });

  test("PAGE-26 a failed reply says why, and Retry sends a new one", async () => {
    const refusal = { status: 400, body: { error: { code: 131047, message: "Re-engagement message" } } };
    stage.graph.failures.push(refusal);
    await ann.write("Are you still interested?");
    const failed = ann.page.locator("[data-testid=message][data-status=failed]");
    await failed.waitFor();
    expect(await failed.innerText()).toMatch(/more than 24 hours/);
    await failed.getByRole("button", { name: "Retry" }).click();
    const again = ann.page.locator("[data-testid=message][data-status=sent]").filter({ hasText: "still interested" });
    await again.waitFor();
    const { wamid } = await until("the provider to have it", () => stage.graph.sent.find((s) => s.text.includes("still interested")));
    expect(await failed.count()).toBe(1);
    expect(await failed.getByRole("button", { name: "Retry" }).count()).toBe(0);
    for (const status of ["delivered", "read"]) {
      await stage.broker.report(wamid, status);
      for (const desk of [ann, ben]) {
        await desk.page.locator(`[data-testid=message][data-status=${status}]`).filter({ hasText: "still interested" }).waitFor();
      }
    }
    expect((await stage.thread(id)).filter((m) => m.text.includes("still interested")).map((m) => m.status)).toEqual(["failed", "read"]);
  });

  test("PAGE-70 typing shows the name above the input and goes 3 s after the last start", async () => {
    const desk = await Desk.open(stage.browser, stage.portal.url);
    await desk.page.clock.install();
    await desk.signIn("ann@acme.test", `/conversations/${id}`);
    await desk.message("still interested").first().waitFor();
    await desk.page.evaluate(() => {
      const lives: number[] = ((window as any).lives = []);
      const place = (mark: string) => document.querySelector(`[data-testid=${mark}]`)!.getBoundingClientRect();
      let from = 0;
      new MutationObserver(() => {
        const there = document.querySelector("[data-testid=typing-indicator]") !== null;
        if (there && !from) from = performance.now();
        if (there) (window as any).above = place("typing-indicator").bottom <= place("composer").top;
        if (!there && from) lives.push(performance.now() - from);
        if (!there) from = 0;
      }).observe(document.body, { childList: true, subtree: true });
    });
    const typist = await (await Agent.signIn(stage.portal.url, "ben@acme.test")).connect();
    await typist.emit("conversation:join", { conversationId: id });
    await typist.emit("typing:start", { conversationId: id });
    const indicator = desk.page.getByTestId("typing-indicator");
    await indicator.filter({ hasText: /^(Ben|Agent)\b.* is typing…$/ }).waitFor();
    const [life] = await until("it to go", async () => {
      await desk.page.clock.runFor(250);
      const lives = await desk.page.evaluate(() => (window as any).lives as number[]);
      return lives.length > 0 && lives;
    });
    expect(life).toBeGreaterThanOrEqual(2900);
    expect(life).toBeLessThan(8000);
    expect(await desk.page.evaluate(() => (window as any).above)).toBe(true);

    await typist.emit("typing:start", { conversationId: id });
    await indicator.waitFor();
    await typist.emit("typing:stop", { conversationId: id });
    await indicator.waitFor({ state: "detached" });
    typist.close();
    await desk.close();
  });

  test("PAGE-34 a viewer reads and can't write", async () => {
    const vic = await stage.desk("vic", `/conversations/${id}`);
    await vic.message("still interested").first().waitFor();
    expect(await vic.page.getByTestId("composer").count()).toBe(0);
    for (const name of ["Send", "Retry", "Close", "Reopen"]) {
      expect(await vic.page.getByRole("button", { name, exact: true }).count()).toBe(0);
    }
    await vic.page.getByText("Replies need the agent role.").waitFor();
    expect(vic.complaints).toEqual([]);
    await vic.close();
  });

  test("PAGE-32 a stale reply is held back: the newer one is shown, and Send anyway sends once", async () => {
    // Ann's page doesn't hear of Ben's reply before she sends hers.
    const late = await Desk.open(stage.browser, stage.portal.url);
    const held: (string | Buffer)[] = [];
    let release = () => {};
    let holding = false;
    await late.page.routeWebSocket(/socket\.io/, (ws) => {
      const server = ws.connectToServer();
      server.onMessage((m) => void (holding ? held.push(m) : ws.send(m)));
      release = () => {
        holding = false;
        for (const m of held.splice(0)) ws.send(m);
      };
    });
    await late.signIn("ann@acme.test", `/conversations/${id}`);
    await late.message("still interested").first().waitFor();
    holding = true;
    await ben.write("We ship it on Monday.");
    await until("Ben's reply", async () => (await stage.thread(id)).some((m) => m.text === "We ship it on Monday."));
    await late.write("It ships on Friday.");
    const note = late.page.getByRole("alert").filter({ hasText: "Ben Finch replied while you were writing" });
    await note.waitFor();
    expect(await note.innerText()).toContain("We ship it on Monday.");
    expect((await stage.thread(id)).some((m) => m.text === "It ships on Friday.")).toBe(false);
    await late.page.getByRole("button", { name: "Send anyway" }).click();
    release();
    for (const desk of [late, ben]) await desk.message("It ships on Friday.").waitFor();
    await note.waitFor({ state: "detached" });
    expect((await stage.thread(id)).filter((m) => m.text === "It ships on Friday.").length).toBe(1);
    await late.close();
  });

  test("PAGE-33 replies written without a connection are kept, survive a reload, and go out once, in order", async () => {
    await ben.context.setOffline(true);
    await ben.status("reconnecting");
    const texts = ["Written offline 1", "Written offline 2", "Written offline 3"];
    for (const text of texts) await ben.write(text);
    for (const text of texts) await ben.message(text).waitFor();
    const kept = () =>
      ben.page.evaluate(async () => {
        const db = (await indexedDB.databases()).map(({ name }) => name!);
        const count = async (name: string) => {
          const open = await new Promise<IDBDatabase>((res, rej) => {
            const request = indexedDB.open(name);
            request.onsuccess = () => res(request.result);
            request.onerror = () => rej(request.error);
          });
          let n = 0;
          for (const store of Array.from(open.objectStoreNames)) {
            n += await new Promise<number>((res) => {
              const request = open.transaction(store).objectStore(store).count();
              request.onsuccess = () => res(request.result);
            });
          }
          open.close();
          return n;
        };
        return (await Promise.all(db.map(count))).reduce((a, b) => a + b, 0);
      });
    await until("three on the device", async () => (await kept()) >= 3);
    ben.complaints.length = 0; // the browser itself reports each call that fails offline
    // The page comes back, its API doesn't yet.
    await ben.context.route("**/messages", (route) => (route.request().method() === "POST" ? route.abort() : route.fallback()));
    await ben.context.setOffline(false);
    await ben.page.reload();
    await ben.inSync();
    for (const text of texts) await ben.message(text).waitFor();
    await ben.context.unrouteAll({ behavior: "wait" });
    await until("all on the server", async () => (await stage.thread(id)).filter((m) => texts.includes(m.text)).length === 3);
    expect((await stage.thread(id)).map((m) => m.text).filter((t) => texts.includes(t))).toEqual(texts);
    for (const text of texts) await ann.message(text).waitFor();
    expect(await shown(ben).filter({ hasText: "Written offline" }).count()).toBe(3);
  });

  test("PAGE-9 the console stayed clean but for the outage that was made", () => {
    expect([...ann.complaints, ...ben.complaints].filter((c) => !/ERR_(INTERNET_DISCONNECTED|FAILED)|WebSocket/.test(c))).toEqual([]);
  });
});
