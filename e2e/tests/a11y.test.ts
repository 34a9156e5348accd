import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "../harness/browser.ts";
import { Stage } from "../harness/stage.ts";

const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** What axe finds by WCAG 2.2 A and AA, one line for each element. */
async function violations(page: Page): Promise<string[]> {
  // By the debugger's door: the page's own policy lets no foreign script in.
  if (!(await page.evaluate(() => "axe" in window))) await page.evaluate(axe);
  await page.evaluate(() => {
    const ending = document.getAnimations().filter((a) => a.effect?.getTiming().iterations !== Infinity);
    return Promise.allSettled(ending.map((a) => a.finished));
  });
  return page.evaluate(async () => {
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    // A menu or dialog stands outside the landmarks by its nature.
    const rules = { region: { enabled: document.querySelector("[role=menu], [role=dialog]") === null } };
    const result = await (window as any).axe.run(document, { runOnly: { type: "tag", values: tags }, rules });
    return result.violations.flatMap((v: any) => v.nodes.map((n: any) => `${v.id}: ${n.html.slice(0, 200)} · ${n.failureSummary.split("\n")[1]}`));
  });
}

// WCAG 2.2 AA: axe finds nothing, in any view, theme, size or direction. Each view is kept as a picture.
describe("the page for everybody", () => {
  let stage: Stage, id: string;

  beforeAll(async () => {
    stage = await Stage.open();
    id = (await stage.customer("Lucía Ferrer", "34612004455", "Hola, ¿tenéis la alfombra en 160 × 230?", "Sigo esperando")).id;
    await stage.broker.receive({ wa_id: "34612004455", contact_name: "Lucía Ferrer", message_text: null, media_url: "https://media.example.test/rug.pdf" });
    for (const text of ["Sí, nos quedan dos. https://shop.example.test/rugs", "¿La reservo?"]) {
      await stage.ann.rest("POST", `/conversations/${id}/messages`, { text, clientId: text.slice(0, 8) });
    }
    await stage.customer("Tobias Wendt", "4915112345678", "Die Rechnung fehlt noch", "Hallo, noch da?");
    await stage.customer("ليلى حداد", "971501234567", "مرحبا، أين طلبي؟");
    const done = await stage.customer("Grace Okafor", "2348012345678", "Thank you, all good now");
    await stage.ann.rest("POST", `/conversations/${done.id}/status`, { status: "closed" });
  });
  afterAll(() => stage?.close());

  async function check(desk: Desk, name: string): Promise<void> {
    await desk.picture(name);
    expect(await violations(desk.page), name).toEqual([]);
  }

  const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
  for (const look of [
    { name: "light", options: { colorScheme: "light" as const } },
    { name: "dark", options: { colorScheme: "dark" as const } },
    { name: "phone", options: { colorScheme: "light" as const, ...phone } },
    { name: "arabic", options: { colorScheme: "light" as const, locale: "ar" } },
  ]) {
    test(`PAGE-77 axe finds nothing: ${look.name}`, async () => {
      const desk = await Desk.open(stage.browser, stage.portal.url, { reducedMotion: "reduce", ...look.options });
      await desk.page.goto(`${stage.portal.url}/conversations/${id}`);
      await desk.page.locator("input[type=email]").waitFor();
      await check(desk, `sign-in-${look.name}`);
      await desk.page.locator("input[type=email]").fill("ann@acme.test");
      await desk.page.locator("input[type=password]").fill("correct horse");
      await desk.page.locator("button[type=submit]").click();
      await desk.inSync();
      await desk.message("¿La reservo?").waitFor();
      await check(desk, `workspace-${look.name}`);
      for (const [path, name] of [["/", "dashboard"], ["/settings", "settings"], ["/conversations", "list"]] as const) {
        await desk.page.goto(stage.portal.url + path);
        await desk.inSync();
        if (name === "dashboard") await desk.page.locator("svg.recharts-surface").first().waitFor();
        if (name === "list") await desk.row("Tobias").waitFor();
        await check(desk, `${name}-${look.name}`);
      }
      expect(desk.complaints).toEqual([]);
      await desk.close();
    });
  }

  for (const colorScheme of ["light", "dark"] as const) {
    test(`PAGE-77 axe finds nothing in open menus, dialogs and notes: ${colorScheme}`, async () => {
      const desk = await Desk.open(stage.browser, stage.portal.url, { colorScheme, reducedMotion: "reduce" });
      const { page } = desk;
      await desk.signIn("ben@acme.test", `/conversations/${id}`);
      await desk.message("¿La reservo?").waitFor();
      for (const [opener, name] of [[/^Sort/, "sort"], [/^Assigned to/, "assign"], ["More", "more"]] as const) {
        await page.getByRole("button", { name: opener }).click();
        await page.getByRole("menu").waitFor();
        await check(desk, `menu-${name}-${colorScheme}`);
        await page.keyboard.press("Escape");
        await page.getByRole("menu").waitFor({ state: "detached" });
      }
      await page.keyboard.press("?");
      await page.getByRole("dialog").waitFor();
      await check(desk, `keys-${colorScheme}`);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });

      stage.graph.failures.push({ status: 400, body: { error: { code: 131047, message: "Re-engagement message" } } });
      await desk.write("Are you still interested?");
      await page.locator("[data-testid=message][data-status=failed]").last().waitFor();
      await stage.customer(`New ${colorScheme}`, `4770${colorScheme.length}`, "Is this the right number?");
      await page.getByTestId("new-conversation-toast").waitFor();
      await check(desk, `toast-and-failure-${colorScheme}`);
      await page.goto(`${stage.portal.url}/conversations?view=closed`);
      await desk.row("Grace Okafor").click();
      await page.getByText("A new message from Grace Okafor starts a new conversation.").waitFor();
      await check(desk, `closed-${colorScheme}`);
      await page.goto(`${stage.portal.url}/conversations/none-such`);
      await page.getByText("There is no such conversation here.").waitFor();
      await check(desk, `not-found-${colorScheme}`);
      await desk.close();
    });
  }
});
