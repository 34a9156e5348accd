import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Desk } from "../harness/browser.ts";
import { Stage } from "../harness/stage.ts";
import { until } from "../harness/until.ts";

// What an agent does with hands and eyes beside reading: keys, fingers, drafts, tabs; a colleague at another browser.
describe("an agent at work", () => {
  let stage: Stage, ann: Desk, ben: Desk;
  const names = ["Ada Moe", "Bea Lund", "Cai Wong"];
  const id: Record<string, string> = {};

  beforeAll(async () => {
    stage = await Stage.open();
    // The newest stands first in the list.
    for (const [i, name] of [...names].reverse().entries()) {
      id[name] = (await stage.customer(name, `4791${i}`, `${name} asks`)).id;
    }
    ann = await stage.desk("ann");
    ben = await stage.desk("ben");
  });
  afterAll(() => stage?.close());

  const path = (desk: Desk) => new URL(desk.page.url()).pathname;
  const at = (desk: Desk, name: string) => until(`to be at ${name}`, () => path(desk) === `/conversations/${id[name]}`);
  const focused = (desk: Desk, what: string) =>
    until(`the focus on ${what}`, () => desk.page.evaluate((selector) => document.activeElement?.matches(selector) ?? false, what));
  /** In the header; the note in the box's place has another. */
  const reopen = (desk: Desk) => desk.page.getByRole("banner").or(desk.page.locator("header")).getByRole("button", { name: "Reopen" });
  const conversation = async (name: string) => (await stage.ann.rest("GET", `/conversations/${id[name]}`)).body.conversation;

  test("PAGE-80 the keyboard alone: j, k, Enter, r, a, e, /, ? and Esc", async () => {
    const { page } = ann;
    const row = (name: string) => `[data-conversation-id="${id[name]}"]`;
    await ann.row("Cai Wong").waitFor();
    await page.keyboard.press("j");
    await focused(ann, row("Ada Moe"));
    await page.keyboard.press("j");
    await focused(ann, row("Bea Lund"));
    await page.keyboard.press("j");
    await page.keyboard.press("k");
    await focused(ann, row("Bea Lund"));
    await page.keyboard.press("Enter");
    await at(ann, "Bea Lund");
    await ann.message("Bea Lund asks").waitFor();

    await page.keyboard.press("r");
    await focused(ann, "[data-testid=composer]");
    await page.keyboard.type("jake@ the rake?"); // commands are off while one types
    expect(await page.getByTestId("composer").inputValue()).toBe("jake@ the rake?");
    await page.keyboard.press("Enter");
    await ben.row("Bea Lund").filter({ hasText: "jake@ the rake?" }).waitFor();
    await page.keyboard.press("Escape"); // out of the text

    await page.keyboard.press("a");
    await ben.row("Bea Lund").filter({ hasText: "Ann" }).waitFor();
    await page.keyboard.press("e");
    await until("it to be closed", async () => (await conversation("Bea Lund")).status === "closed");
    await until("it to leave the list", async () => (await ben.row("Bea Lund").count()) === 0);
    await reopen(ann).waitFor();
    await page.keyboard.press("e");
    await ben.row("Bea Lund").waitFor();

    await page.keyboard.press("/");
    await focused(ann, "[aria-label='Name or number'], [placeholder='Name or number']");
    await page.keyboard.type("Cai");
    await until("one row", async () => (await page.getByTestId("conversation-item").count()) === 1);
    await page.keyboard.press("Enter");
    await page.keyboard.press("j");
    await focused(ann, row("Cai Wong"));
    await page.getByRole("button", { name: "Clear search" }).click();
    await page.getByRole("log").focus();
    await page.keyboard.press("?");
    await page.getByRole("dialog").getByText("Next, previous").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await focused(ann, "[role=log]");
    for (const width of [1440, 1200, 900]) {
      await page.setViewportSize({ width, height: 900 });
      const opener = page.getByRole("button", { name: width === 900 ? "More actions" : "Details", exact: true });
      if (width === 1440) await page.getByRole("button", { name: "Close details" }).press("Enter");
      else {
        await opener.press("Enter");
        if (width === 900) await page.getByRole("menuitem", { name: "Details" }).press("Enter");
        await page.getByRole("dialog", { name: "Details" }).waitFor();
        await page.keyboard.press("Escape");
      }
      await until("the focus to be back", () => opener.evaluate((element) => element === document.activeElement));
    }
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.getByRole("button", { name: "Details", exact: true }).press("Enter");
    await page.getByRole("log").focus();
    await page.keyboard.press("Escape");
    await until("the list", () => path(ann) === "/conversations");
  });

  test("PAGE-81 the times of a message, by keyboard and by finger", async () => {
    const sent = await until("the send", () => stage.graph.sent.find((s) => s.text === "jake@ the rake?"));
    await stage.broker.report(sent.wamid, "delivered");
    const { page } = ann;
    await ann.row("Bea Lund").click();
    await ann.message("jake@").and(page.locator("[data-status=delivered]")).waitFor();
    await page.getByRole("button", { name: "Close details" }).click();
    await page.getByRole("log").focus();
    await page.keyboard.press("Tab");
    await focused(ann, "article");
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowDown");
    const bubble = ann.message("jake@");
    await until("the focus on the reply", () => bubble.evaluate((element) => element === document.activeElement));
    await page.keyboard.press("Enter");
    const times = page.getByRole("complementary", { name: "Details" }).getByRole("region", { name: "Selected message" });
    await times.getByText(/^\d\d:\d\d:\d\d$/).nth(2).waitFor(); // queued, sent, delivered
    await times.getByText("Not yet").waitFor();

    const phone = await stage.desk("ben", `/conversations/${id["Bea Lund"]}`, { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true });
    await phone.message("jake@").getByRole("img", { name: /^Delivered/ }).tap();
    const drawer = phone.page.getByRole("dialog", { name: "Details" }).getByRole("region", { name: "Selected message" });
    await drawer.getByText(/^\d\d:\d\d:\d\d$/).nth(2).waitFor();
    expect(phone.complaints).toEqual([]);
    await phone.close();
  });

  test("PAGE-82 assigned, transferred, closed, and reopened by the next message", async () => {
    await ann.row("Ada Moe").click();
    await at(ann, "Ada Moe");
    const give = async (to: string) => {
      await ann.page.getByRole("button", { name: /^Assign/ }).click();
      await ann.page.getByRole("menuitem", { name: to }).click();
    };
    await give("Assign to me");
    await ben.row("Ada Moe").filter({ hasText: "Ann" }).waitFor();
    await give("Ben Finch");
    await ben.row("Ada Moe").filter({ hasText: "You" }).waitFor();
    await ann.page.getByRole("button", { name: "Close", exact: true }).click();
    await until("it to leave the list", async () => (await ben.row("Ada Moe").count()) === 0);
    await reopen(ann).waitFor();
    const again = await stage.customer("Ada Moe", "47912", "One more thing");
    expect(again.id).not.toBe(id["Ada Moe"]);
    await ben.row("Ada Moe").filter({ hasText: "One more thing" }).waitFor();
    // Reopening the old one beside it is refused, and says where the newer one is.
    await reopen(ann).click();
    await ann.page.getByRole("link", { name: "Open that one" }).click();
    await ann.row("Ada Moe").click();
    await ann.message("One more thing").waitFor();
    ann.complaints.length = 0; // the browser itself reports the 409
  });

  test("PAGE-83 a draft is kept for each conversation, over a reload", async () => {
    await ben.row("Cai Wong").click();
    await ben.page.getByTestId("composer").fill("I will ask the ware");
    await ben.row("Bea Lund").click();
    await at(ben, "Bea Lund");
    await until("an empty box", async () => (await ben.page.getByTestId("composer").inputValue()) === "");
    await ben.row("Cai Wong").filter({ hasText: "Draft" }).filter({ hasText: "I will ask the ware" }).waitFor();
    await ben.page.reload();
    await ben.inSync();
    await ben.row("Cai Wong").click();
    await at(ben, "Cai Wong");
    await until("the draft", async () => (await ben.page.getByTestId("composer").inputValue()) === "I will ask the ware");
    await ben.page.getByTestId("composer").fill("");
  });

  test("PAGE-70 several typists are named, and one goes without the other", async () => {
    const typists = await Promise.all(["ann", "vic"].map((who) => Agent.signIn(stage.portal.url, `${who}@acme.test`)));
    const [writer, viewer] = await Promise.all(typists.map((agent) => agent.connect()));
    for (const agent of typists) await agent.emit("conversation:join", { conversationId: id["Cai Wong"] });
    expect((await viewer!.emit("typing:start", { conversationId: id["Cai Wong"] })).error.code).toBe("forbidden");
    await stage.ann.rest("POST", "/users", { email: "dee@acme.test", name: "Dee Park", password: "correct horse", role: "agent" });
    const dee = await (await Agent.signIn(stage.portal.url, "dee@acme.test")).connect();
    await dee.emit("conversation:join", { conversationId: id["Cai Wong"] });
    const indicator = ben.page.getByTestId("typing-indicator");
    // Each says so again until both are seen: a start lasts for 3 s.
    await until("both by name", async () => {
      for (const agent of [writer!, dee]) await agent.emit("typing:start", { conversationId: id["Cai Wong"] });
      return /^Ann and Dee are typing…$/.test((await indicator.allTextContents()).join("").trim());
    });
    await until("only one", async () => {
      await writer!.emit("typing:stop", { conversationId: id["Cai Wong"] });
      await dee.emit("typing:start", { conversationId: id["Cai Wong"] });
      return /^Dee is typing…$/.test((await indicator.allTextContents()).join("").trim());
    });
    for (const agent of [...typists, dee]) agent.close();
  });

  test("PAGE-84 the tab's title and its icon tell what is unread", async () => {
    const { page } = ann;
    // Nobody looks at the conversation, else it is read the moment it is written to.
    for (const desk of [ann, ben]) {
      await desk.page.goto(`${stage.portal.url}/settings`);
      await desk.inSync();
    }
    for (const { id } of (await stage.ann.conversations()).conversations) await stage.ann.rest("POST", `/conversations/${id}/read`);
    const icon = () => page.locator("link[rel=icon]").getAttribute("href");
    await until("nothing unread", async () => (await page.title()) === "Settings · Agent Portal" || !(await page.title()).includes("("));
    expect(await icon()).toBe("/favicon.svg");
    await stage.customer("Cai Wong", "47910", "Hello?", "Hello??");
    await until("two unread", async () => /^\(2\)/.test(await page.title()));
    expect(await icon()).toBe("/favicon-unread.svg");
    expect((await page.request.get(`${stage.portal.url}/favicon-unread.svg`)).headers()["content-type"]).toContain("svg");
    await stage.ann.rest("POST", `/conversations/${id["Cai Wong"]}/read`);
    await until("the plain icon again", async () => (await icon()) === "/favicon.svg" && !(await page.title()).includes("("));
  });

  test("PAGE-36 of three tabs one notifies, and none where one shows the conversation", async () => {
    const desk = await Desk.open(stage.browser, stage.portal.url);
    await desk.context.addInitScript(() => {
      localStorage.setItem("portal.preferences", JSON.stringify({ desktop: true, sound: false }));
      const notes: string[] = ((window as any).notes = []);
      (window as any).Notification = class {
        static permission = "granted";
        close() {}
        constructor(title: string) {
          notes.push(title);
        }
      };
      document.hasFocus = () => (window as any).looking ?? false;
    });
    await desk.signIn("ben@acme.test", "/settings");
    const tabs = [desk.page, await desk.context.newPage(), await desk.context.newPage()];
    for (const tab of tabs.slice(1)) {
      await tab.goto(`${stage.portal.url}/conversations/${id["Bea Lund"]}`);
      await tab.locator("[data-testid=connection-status][data-state=connected]").first().waitFor();
    }
    const notes = async () => (await Promise.all(tabs.map((tab) => tab.evaluate(() => (window as any).notes as string[])))).flat();
    await stage.customer("Cai Wong", "47910", "Anyone?");
    await until("a note", async () => (await notes()).includes("Cai Wong"));
    // One tab shows Bea's conversation and is looked at: hers makes no note, Ada's, which comes after it, does.
    await tabs[2]!.evaluate(() => {
      (window as any).looking = true;
      window.dispatchEvent(new Event("focus"));
    });
    await stage.customer("Bea Lund", "47911", "Still here");
    await tabs[2]!.getByTestId("message").filter({ hasText: "Still here" }).waitFor();
    await stage.customer("Ada Moe", "47912", "Me again");
    await until("the next note", async () => (await notes()).includes("Ada Moe"));
    expect((await notes()).sort()).toEqual(["Ada Moe", "Cai Wong"]);
    await desk.close();
  });

  test("PAGE-9 the console stayed clean", () => {
    expect([...ann.complaints, ...ben.complaints]).toEqual([]);
  });
});
