import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import type { BrowserContextOptions, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "../harness/browser.ts";
import { Stage } from "../harness/stage.ts";
import { texts } from "../harness/texts.ts";
import { until } from "../harness/until.ts";

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

const phone = { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true };
interface Look {
  name: string;
  language: "en" | "ar";
  options: BrowserContextOptions;
}
const looks: Look[] = [
  { name: "light", language: "en", options: { colorScheme: "light" } },
  { name: "dark", language: "en", options: { colorScheme: "dark" } },
  { name: "phone", language: "en", options: { colorScheme: "light", ...phone } },
  { name: "arabic", language: "ar", options: { colorScheme: "light", locale: "ar" } },
  { name: "arabic-phone-dark", language: "ar", options: { colorScheme: "dark", locale: "ar", ...phone } },
];

// WCAG 2.2 AA: axe finds nothing, in any view, theme, size or direction. Each view is kept as a picture.
describe("the page for everybody", () => {
  let stage: Stage;
  const ids: Record<string, string> = {};
  const hours = (n: number) => String(Math.floor(Date.now() / 1000 - n * 3600));

  beforeAll(async () => {
    stage = await Stage.open();
    ids.lucia = (await stage.customer("Lucía Ferrer", "34612004455", "Hola, ¿tenéis la alfombra en 160 × 230?", "Sigo esperando")).id;
    await stage.broker.receive({ wa_id: "34612004455", contact_name: "Lucía Ferrer", message_text: null, media_url: "https://media.example.test/rug.pdf" });
    for (const text of ["Sí, nos quedan dos. https://shop.example.test/rugs", "¿La reservo?"]) {
      await stage.ann.rest("POST", `/conversations/${ids.lucia}/messages`, { text, clientId: text.slice(0, 8) });
    }
    ids.tobias = (await stage.customer("Tobias Wendt", "4915112345678", "Die Rechnung fehlt noch", "Hallo, noch da?")).id;
    await stage.customer("ليلى حداد", "971501234567", "مرحبا، أين طلبي؟");
    for (const [name, wa_id, timestamp] of [["closing", "4790001", hours(23.5)], ["late", "4790002", hours(25)]] as const) {
      await stage.broker.receive({ wa_id, contact_name: name, timestamp, message_text: "Is it there?", media_url: "https://media.example.test/rug.jpg" });
      ids[name] = (await until(name, async () => (await stage.ann.conversations(`?search=${wa_id}`)).conversations[0])).id;
    }
    ids.grace = (await stage.customer("Grace Okafor", "2348012345678", "Thank you, all good now")).id;
    await stage.ann.rest("POST", `/conversations/${ids.grace}/status`, { status: "closed" });
  });
  afterAll(() => stage?.close());

  async function check(desk: Desk, name: string): Promise<void> {
    await desk.picture(name);
    expect(await violations(desk.page), name).toEqual([]);
  }

  /** Signs in, in whatever language. */
  async function enter(desk: Desk, who: string, path: string): Promise<void> {
    await desk.page.goto(desk.url + path);
    await desk.page.locator("input[type=email]").fill(`${who}@acme.test`);
    await desk.page.locator("input[type=password]").fill("correct horse");
    await desk.page.locator("button[type=submit]").click();
    await desk.inSync();
  }

  for (const look of looks) {
    test(`PAGE-77 axe finds nothing: ${look.name}`, async () => {
      const desk = await Desk.open(stage.browser, stage.portal.url, { reducedMotion: "reduce", ...look.options });
      await desk.page.goto(`${stage.portal.url}/conversations/${ids.lucia}`);
      await desk.page.locator("input[type=email]").waitFor();
      await check(desk, `sign-in-${look.name}`);
      await enter(desk, "ann", `/conversations/${ids.lucia}`);
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

  for (const look of looks) {
    const t = texts(look.language);
    const onPhone = look.options.isMobile === true;
    /** Signed in, at an address; what the console says there is no matter: much is broken by intent. */
    const open = async (who: string, path: string, options = {}): Promise<Desk> => {
      const desk = await Desk.open(stage.browser, stage.portal.url, { reducedMotion: "reduce", ...look.options, ...options });
      await enter(desk, who, path);
      return desk;
    };

    test(`PAGE-77 axe finds nothing in menus, dialogs and drawers: ${look.name}`, async () => {
      const desk = await open("ben", `/conversations/${ids.lucia}`);
      const { page } = desk;
      await desk.message("¿La reservo?").waitFor();
      const menu = async (opener: Locator, name: string) => {
        await opener.click();
        await page.getByRole("menu").waitFor();
        await check(desk, `menu-${name}-${look.name}`);
        await page.keyboard.press("Escape");
        await page.getByRole("menu").waitFor({ state: "detached" });
      };
      const button = (key: string) => page.getByRole("button", { name: t(key) });
      if (onPhone) {
        await menu(button("action.more"), "actions");
        await desk.message("¿La reservo?").getByRole("img").tap();
      } else {
        await menu(page.getByRole("button", { name: t("action.assignedTo") }), "assign");
        await menu(page.getByRole("button", { name: t("list.sortedBy") }), "sort");
        await menu(button("nav.more"), "account");
        await page.keyboard.press("?");
        await page.getByRole("dialog", { name: t("keys.title") }).waitFor();
        await check(desk, `keys-${look.name}`);
        await page.keyboard.press("Escape");
        await page.getByRole("dialog").waitFor({ state: "detached" });
        await page.setViewportSize({ width: 1100, height: 800 });
        await check(desk, `medium-${look.name}`);
        await button("action.details").click();
      }
      await page.getByRole("dialog", { name: t("details.title") }).waitFor();
      await check(desk, `details-${look.name}`);
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "detached" });
      if (!onPhone) {
        await page.setViewportSize({ width: 800, height: 900 });
        await menu(button("action.more"), "narrow-actions");
      }
      await page.goto(`${stage.portal.url}/conversations`);
      await desk.row("Tobias").waitFor();
      if (onPhone) await menu(page.getByRole("button", { name: t("list.sortedBy") }), "sort");
      await menu(page.getByRole("heading", { level: 1 }).getByRole("button"), "views");
      await desk.close();
    });

    test(`PAGE-77 axe finds nothing in what a thread can say: ${look.name}`, async () => {
      const desk = await open("ben", `/conversations/${ids.lucia}`);
      const { page } = desk;
      await desk.message("¿La reservo?").waitFor();
      stage.graph.failures.push({ status: 400, body: { error: { code: 131047, message: "Re-engagement message" } } });
      await desk.write("Are you still interested?");
      await page.locator("[data-testid=message][data-status=failed]").last().waitFor();
      await stage.customer(`New ${look.name}`, `4770${looks.indexOf(look)}`, "Is this the right number?");
      await page.getByTestId("new-conversation-toast").waitFor();
      await check(desk, `toast-and-failure-${look.name}`);

      const newer = (await stage.thread(ids.lucia!)).at(-1);
      const overtaken = { type: "about:blank", title: "Conflict", status: 409, code: "conflict", reason: "overtaken", newer: [newer] };
      await page.route("**/messages", (route) =>
        route.request().method() === "POST"
          ? route.fulfill({ status: 409, contentType: "application/problem+json", body: JSON.stringify(overtaken) })
          : route.continue(),
      );
      await desk.write("Overtaken");
      await page.getByRole("button", { name: t("composer.sendAnyway") }).waitFor();
      await check(desk, `stale-${look.name}`);
      await page.getByRole("button", { name: t("composer.keepDraft") }).click();
      await page.unroute("**/messages");

      for (const [name, key] of [
        ["closing", "composer.windowLeftNext"], ["late", "composer.windowClosedNext"],
        ["grace", "composer.closedNext"], ["none-such", "thread.notFound"],
      ] as const) {
        await page.goto(`${stage.portal.url}/conversations/${ids[name] ?? name}`);
        await page.getByText(t(key)).first().waitFor();
        // Its picture lies where nothing answers.
        if (name === "closing") await page.getByText(t("media.elsewhere")).waitFor();
        await check(desk, `${name}-${look.name}`);
      }
      await desk.close();
      const viewer = await open("vic", `/conversations/${ids.lucia}`);
      await viewer.page.getByText(t("composer.viewer")).waitFor();
      await check(viewer, `viewer-${look.name}`);
      await viewer.close();
    });

    test(`PAGE-77 axe finds nothing where there is no connection, nothing to show, or a failure: ${look.name}`, async () => {
      const desk = await Desk.open(stage.browser, stage.portal.url, { reducedMotion: "reduce", ...look.options });
      const { page } = desk;
      await page.goto(`${stage.portal.url}/login`);
      await page.locator("input[type=email]").fill("ben@acme.test");
      await page.locator("input[type=password]").fill("wrong");
      await page.locator("button[type=submit]").click();
      await page.getByText(t("login.wrong")).waitFor();
      await check(desk, `wrong-${look.name}`);
      await enter(desk, "ann", `/conversations/${ids.tobias}`);

      for (const [path, key, name] of [
        ["/conversations?q=nobody-of-that-name", "list.noMatch", "no-match"], ["/conversations?view=mine", "list.empty.mine", "empty"],
        ["/none-such", "notFound.next", "no-page"],
      ] as const) {
        await page.goto(stage.portal.url + path);
        await page.getByText(t(key)).first().waitFor();
        await check(desk, `${name}-${look.name}`);
      }
      await page.goto(stage.portal.url);
      await page.getByRole("button", { name: t("dashboard.asTable") }).first().click();
      await page.getByRole("table").first().waitFor();
      await check(desk, `table-${look.name}`);
      await page.goto(`${stage.portal.url}/settings`);
      await page.getByRole("button", { name: t("settings.addMember") }).click();
      await page.getByRole("button", { name: t("settings.change") }).first().click();
      await check(desk, `team-form-${look.name}`);

      for (const [part, path, key] of [
        ["**/api/conversations?*", "/conversations", "error.list"], ["**/messages?*", `/conversations/${ids.tobias}`, "error.thread"],
        ["**/api/dashboard/**", "/", "error.metrics"], ["**/api/{users,settings}**", "/settings", "error.settings"],
      ] as const) {
        await page.route(part, (route) => route.fulfill({ status: 503, body: "{}" }));
        await page.goto(stage.portal.url + path);
        await page.getByText(t(key)).first().waitFor();
        await check(desk, `${key}-${look.name}`);
        await page.unroute(part);
      }

      await page.clock.install();
      await page.goto(`${stage.portal.url}/conversations/${ids.tobias}`);
      await desk.inSync();
      await desk.message("Hallo, noch da?").waitFor();
      await desk.context.setOffline(true);
      await desk.status("reconnecting");
      await desk.write("Kommt gleich");
      await page.getByText(t("composer.offlineNext")).waitFor();
      await check(desk, `offline-${look.name}`);
      await page.clock.runFor(31_000);
      await desk.status("disconnected");
      await page.getByRole("button", { name: t("connection.reconnect") }).waitFor();
      await check(desk, `disconnected-${look.name}`);
      await desk.close();
    });
  }
});
