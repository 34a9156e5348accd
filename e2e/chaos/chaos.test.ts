import { afterEach, beforeEach, describe, test } from "vitest";
import { Broker } from "../harness/broker.ts";
import { underFaults } from "../harness/faults.ts";
import { Portal } from "../harness/portal.ts";
import { PrivateBroker } from "../harness/privateBroker.ts";
import { Proxy } from "../harness/proxy.ts";

const times = (n: number) => Math.max(2, Math.round((n * Number(process.env.CHAOS ?? 100)) / 100));
const many = { clients: 20, contacts: 8, perSecond: 100, between: () => 1000 + Math.random() * 2000 };

describe("20 clients of 2 tenants, 100 messages a second over RabbitMQ", () => {
  let broker: Broker, portal: Portal, network: Proxy;

  beforeEach(async () => {
    broker = await Broker.open();
    portal = await Portal.make(broker.env());
    await portal.start();
    network = await Proxy.to(portal.port);
  });
  afterEach(async () => {
    await network?.close();
    await portal?.dispose();
    await broker?.close();
  });
  const scenario = (name: string, faults: number, fault: () => Promise<void> | void) =>
    underFaults({ ...many, name, url: network.url, source: broker, breaks: true, faults: times(faults), fault: async () => fault() });

  test("the server killed 30 times", async () => {
    await scenario("kill -9", 30, async () => {
      await portal.kill();
      await portal.start();
    });
  }, 600_000);

  test("the server deployed anew 10 times: SIGTERM, drain, start", async () => {
    await scenario("deploy", 10, async () => {
      await portal.stop();
      await portal.start();
    });
  }, 600_000);

  test("every connection cut 30 times", () => scenario("cut", 30, () => network.cut()), 600_000);

  test("every connection half-open 30 times: the server goes on sending to nobody", () => scenario("half-open", 30, () => network.halfOpen()), 600_000);

  test("every connection silent 6 times, until each side gives it up", () => scenario("stall", 6, () => network.stall()), 600_000);
});

describe("20 clients of 2 tenants, 100 messages a second over a RabbitMQ that dies", () => {
  let rabbit: PrivateBroker, broker: Broker, portal: Portal;

  beforeEach(async () => {
    rabbit = await PrivateBroker.start();
    broker = await Broker.open(rabbit.url);
    portal = await Portal.make(broker.env());
    await portal.start();
  }, 120_000);
  afterEach(async () => {
    await portal?.dispose();
    await broker?.close();
    await rabbit?.dispose();
  });

  test("the broker killed 5 times: no connection of a client breaks, and nothing is lost", async () => {
    const fault = async () => {
      await rabbit.kill();
      await rabbit.start();
    };
    await underFaults({ ...many, name: "broker kill -9", url: portal.url, source: broker, breaks: false, faults: times(5), fault });
  }, 900_000);
});
