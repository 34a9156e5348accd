import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "../harness/browser.ts";
import { Stage } from "../harness/stage.ts";
import { until } from "../harness/until.ts";

// What an admin manages, and what becomes of the one it is about.
describe("the settings", () => {
  let stage: Stage, ann: Desk;

  beforeAll(async () => {
    stage = await Stage.open();
    ann = await stage.desk("ann", "/settings");
  });
  afterAll(() => stage?.close());

  const enters = async (email: string, password: string) => {
    const answer = await fetch(`${stage.portal.url}/api/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email, password }),
    });
    return answer.status;
  };

  test("PAGE-85 an admin adds somebody, renames them, sets their password and their role", async () => {
    const team = ann.page.getByRole("region", { name: "Team" });
    await team.getByRole("button", { name: "Add someone" }).click();
    const form = team.getByRole("form", { name: "Add someone" });
    await form.getByLabel("Name").fill("Dee Park");
    await form.getByLabel("Email").fill("dee@acme.test");
    await form.getByLabel("First password").fill("first password");
    await form.getByRole("button", { name: "Add" }).click();
    await form.waitFor({ state: "detached" });
    expect(await enters("dee@acme.test", "first password")).toBe(200);

    await team.getByRole("button", { name: "Change Dee Park" }).click();
    const dee = team.getByRole("group", { name: /^Dee/ });
    await dee.getByLabel("Name").fill("Dee Parker");
    await dee.getByLabel("Name").press("Enter");
    await team.getByRole("button", { name: "Change Dee Parker" }).waitFor();
    await dee.getByLabel("New password").fill("another password");
    await dee.getByRole("button", { name: "Set password" }).click();
    await dee.locator("form").getByText("Saved").waitFor();
    expect(await enters("dee@acme.test", "first password")).toBe(401);
    expect(await enters("dee@acme.test", "another password")).toBe(200);

    const desk = await Desk.open(stage.browser, stage.portal.url);
    await desk.signIn("dee@acme.test", "/settings", "another password");
    await desk.page.getByRole("region", { name: "Account" }).getByText("Dee Parker").waitFor();
    expect(await desk.page.getByRole("region", { name: "Team" }).count()).toBe(0);
    expect(desk.complaints).toEqual([]);
    await desk.close();
    await ann.picture("team-light");
    expect(ann.complaints).toEqual([]);
  });

  test("PAGE-79, PAGE-85 what is refused says why, in Arabic too", async () => {
    await ann.page.getByText("العربية", { exact: true }).click();
    await until("another direction", () => ann.page.evaluate(() => document.documentElement.dir === "rtl"));
    await ann.page.getByRole("combobox", { name: /Ann Marlow/ }).selectOption("viewer");
    await until("the reason", async () => (await ann.page.getByRole("alert").allTextContents()).some((text) => text.includes("هذا هو الأخير")));
    expect((await stage.ann.rest("GET", "/users")).body.users.find((u: any) => u.email === "ann@acme.test").role).toBe("admin");
  });
});
