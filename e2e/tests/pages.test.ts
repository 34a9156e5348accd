import type { Browser } from "playwright-core";
import { afterAll, beforeAll, test } from "vitest";
import { Broker } from "../harness/broker.ts";
import { Desk, launch } from "../harness/browser.ts";
import { pagesThroughKills } from "../harness/pages.ts";
import { Portal } from "../harness/portal.ts";

// CHAOS_KILLS=10 is what `make chaos` asks for.
const kills = Number(process.env.CHAOS_KILLS ?? 3);
let broker: Broker, portal: Portal, browser: Browser, desks: Desk[];

beforeAll(async () => {
  broker = await Broker.open();
  portal = await Portal.make(broker.env());
  await portal.start();
  browser = await launch();
  desks = [await Desk.open(browser, portal.url), await Desk.open(browser, portal.url)];
  await desks[0]!.signIn("ann@acme.test");
  await desks[1]!.signIn("ben@acme.test");
});
afterAll(async () => {
  await browser?.close();
  await portal?.dispose();
  await broker?.close();
});

test(`PAGE-30 two pages through ${kills} kills equal the server, without a reload and with at most one refetch of each thing`, async () => {
  await pagesThroughKills(portal, broker, desks, kills);
}, 300_000);
