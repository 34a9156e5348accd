import { afterAll, beforeAll, describe, test } from "vitest";
import { Broker } from "../harness/broker.ts";
import { killUnderTraffic } from "../harness/killing.ts";
import { Portal } from "../harness/portal.ts";

// The promise: a killed server costs nobody a message. `make chaos` does the
// same for longer.
describe("kill -9 under traffic", () => {
  let broker: Broker, portal: Portal;

  beforeAll(async () => {
    broker = await Broker.open();
    portal = await Portal.make(broker.env());
    await portal.start();
  });
  afterAll(async () => {
    await portal?.dispose();
    await broker?.close();
  });

  test("ten official clients recover every time; nothing lost, doubled or out of order", async () => {
    await killUnderTraffic(portal, broker, { kills: 5, clients: 10, contacts: 8, perSecond: 100, life: () => 1200 });
  }, 240_000);
});
