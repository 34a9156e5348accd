import { afterAll, beforeAll, describe, test } from "vitest";
import { Broker } from "../harness/broker.ts";
import { killUnderTraffic } from "../harness/killing.ts";
import { Portal } from "../harness/portal.ts";

describe("chaos", () => {
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

  test("20 clients of 2 tenants, 100 messages a second, the server killed 30 times", async () => {
    const life = () => 1000 + Math.random() * 2000;
    await killUnderTraffic(portal, broker, { kills: 30, clients: 20, contacts: 8, perSecond: 100, life });
  }, 600_000);
});
