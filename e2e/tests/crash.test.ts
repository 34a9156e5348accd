import { afterEach, beforeEach, test } from "vitest";
import { Broker } from "../harness/broker.ts";
import { underFaults } from "../harness/faults.ts";
import { Portal } from "../harness/portal.ts";
import { Proxy } from "../harness/proxy.ts";

// The promise: a broken connection or a killed server costs nobody a message.
// `make chaos` does the same for longer, and more.
let broker: Broker, portal: Portal, network: Proxy;
const some = { breaks: true, clients: 10, contacts: 8, perSecond: 100 };

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

test("kill -9 under traffic: ten official clients recover every time; nothing lost, doubled or out of order", async () => {
  const fault = async () => {
    await portal.kill();
    await portal.start();
  };
  await underFaults({ ...some, name: "kill -9", url: portal.url, source: broker, fault, faults: 5, between: () => 1200 });
}, 240_000);

test("cut and half-open connections under traffic: the same", async () => {
  let n = 0;
  const fault = async () => (n++ % 2 ? network.cut() : network.halfOpen());
  await underFaults({ ...some, name: "cut and half-open", url: network.url, source: broker, fault, faults: 6, between: () => 700 });
}, 240_000);
