import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Database } from "../harness/database.ts";
import { Failpoint, killable, points } from "../harness/failpoint.ts";
import { kills } from "../harness/kills.ts";
import { Portal, seed } from "../harness/portal.ts";
import { type Kind, Scene } from "../harness/scene.ts";

// The process is killed between any two steps that must not come apart. FAULT-2, FAULT-3, FAULT-4, FAULT-5
const stacks = (process.env.KILLS ?? "SQLite, embedded queue; PostgreSQL, RabbitMQ").split("; ") as Kind[];
const setup = ["migrate.set", "seed.tenant", "seed.user"];
let binary: string;
beforeAll(() => {
  binary = killable();
}, 600_000);

test("FAULT-1 every point at which the process can die is one of these tests", () => {
  expect([...new Set([...kills.map((k) => k.point), ...setup])].sort()).toEqual([...points].sort());
});

describe.each(stacks)("%s: killed at", (kind) => {
  let scene: Scene;
  beforeAll(async () => {
    scene = await Scene.open(kind, binary);
  });
  beforeEach(() => scene.up());
  afterAll(() => scene?.close());

  test.each(kills.filter((k) => (k.kind ?? kind) === kind))("$point by $by: one effect, nothing missed", async ({ point, deed }) => {
    await deed(scene, (act) => scene.dies(point, act));
    await scene.holds();
  }, 240_000);
});

describe.each(["SQLite", "PostgreSQL"])("%s: the set-up killed at", (kind) => {
  test.each([
    ["migrate.set", 1, "migrate"],
    ["seed.tenant", 1, "seed"],
    ["seed.user", 4, "seed"],
  ])("%s, time %i, in %s: done again it is complete", async (point, nth, command) => {
    const failpoint = new Failpoint();
    const database = kind === "PostgreSQL" ? await Database.create() : undefined;
    const env = { ...failpoint.env(), ...(database && { PORTAL_DATABASE_URL: database.url }) };
    const portal = await Portal.empty(env, binary);
    try {
      const file = portal.file("seed.json", JSON.stringify(seed));
      const args = command === "seed" ? [command, file] : [command];
      failpoint.arm(point, nth);
      await expect(portal.run(...args)).rejects.toThrow("SIGKILL");
      failpoint.disarm();
      await portal.run(...args);
      await portal.run("seed", file);
      await portal.start();
      for (const tenant of seed.tenants) {
        for (const user of tenant.users) await Agent.signIn(portal.url, user.email, user.password);
      }
    } finally {
      await portal.dispose();
      await database?.drop();
      failpoint.dispose();
    }
  });
});
