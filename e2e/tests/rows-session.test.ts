import type { WebSocketRoute } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Desk } from "../harness/browser.ts";
import { Stage } from "../harness/stage.ts";
import { until } from "../harness/until.ts";

// RT-03 and RT-04: the session after sign-in and on a reload, and the socket that goes with it.
describe("the session of a page", () => {
  let stage: Stage;

  beforeAll(async () => {
    stage = await Stage.open({ PORTAL_ACCESS_TTL: "12s" });
  });
  afterAll(() => stage?.close());

  test("PAGE-60 the page first asked for, a reload, and no token in any storage", async () => {
    const conversation = await stage.customer("Mara Lind", "4670111", "Hej!");
    const desk = await Desk.open(stage.browser, stage.portal.url);
    for (const path of ["/", "/conversations", "/settings"]) {
      await desk.page.goto(stage.portal.url + path);
      await desk.page.waitForURL(/\/login$/);
    }
    await desk.signIn("ann@acme.test", `/conversations/${conversation.id}`);
    expect(new URL(desk.page.url()).pathname).toBe(`/conversations/${conversation.id}`);
    await desk.message("Hej!").waitFor();

    await desk.page.reload();
    await desk.inSync();
    await desk.message("Hej!").waitFor();
    expect(new URL(desk.page.url()).pathname).toBe(`/conversations/${conversation.id}`);
    await desk.page.goto(`${stage.portal.url}/login`);
    await desk.page.waitForURL(`${stage.portal.url}/`);

    const kept = await desk.page.evaluate(async () => {
      const databases = await indexedDB.databases();
      return { storage: [{ ...localStorage }, { ...sessionStorage }], cookie: document.cookie, databases: databases.length };
    });
    expect(JSON.stringify(kept.storage)).not.toMatch(/eyJ|token/i);
    expect(kept.cookie).toBe("");
    expect(desk.complaints).toEqual([]);
    await desk.close();
  });

  test("PAGE-10 a token is renewed on the live socket before it runs out, without a reconnect", async () => {
    const desk = await Desk.open(stage.browser, stage.portal.url);
    await desk.page.clock.install();
    const sockets: { renewals: string[]; answers: string[] }[] = [];
    desk.page.on("websocket", (ws) => {
      const heard = { renewals: [] as string[], answers: [] as string[] };
      sockets.push(heard);
      ws.on("framesent", ({ payload }) => String(payload).includes('"auth:refresh"') && heard.renewals.push(String(payload)));
      ws.on("framereceived", ({ payload }) => String(payload).startsWith("43") && heard.answers.push(String(payload)));
    });
    await desk.signIn("ben@acme.test");
    await desk.page.clock.runFor(9_800); // of the page's time: under the token's 12 s and a ping's 15 s
    await until("a renewal", () => sockets[0]!.renewals.length > 0);
    const { renewals, answers } = sockets[0]!;
    for (const frame of renewals) {
      const id = /^42(\d+)/.exec(frame)![1]!;
      await until("its answer", () => answers.some((a) => a.startsWith(`43${id}[`) && a.includes('"ok":true')));
    }
    expect(sockets.length).toBe(1);
    await desk.inSync();
    expect(desk.complaints).toEqual([]);
    await desk.close();
  });

  test("PAGE-61 a socket that the server ended comes back with a fresh token", async () => {
    const desk = await Desk.open(stage.browser, stage.portal.url);
    const sockets: WebSocketRoute[] = [];
    await desk.page.routeWebSocket(/socket\.io/, (ws) => {
      ws.connectToServer();
      sockets.push(ws);
    });
    await desk.signIn("ben@acme.test");
    const refreshed = desk.page.waitForResponse((r) => r.url().endsWith("/api/auth/refresh") && r.ok());
    sockets.at(-1)!.send("41"); // Socket.IO's DISCONNECT: the client doesn't return by itself
    await refreshed;
    await until("another connection", () => sockets.length > 1);
    await desk.inSync();
    expect(new URL(desk.page.url()).pathname).toBe("/conversations");
    await desk.close();
  });

  test("PAGE-61 refused, the page goes to the sign-in page, and back to where one was", async () => {
    const desk = await stage.desk("ben", "/conversations?sort=unread");
    const [cookie] = await desk.context.cookies();
    // The same session, signed out from somewhere else: the server ends the socket.
    const answer = await fetch(`${stage.portal.url}/api/auth/logout`, {
      method: "POST",
      headers: { cookie: `${cookie!.name}=${cookie!.value}` },
    });
    expect(answer.status).toBe(204);
    await desk.page.waitForURL(/\/login$/);
    // PAGE-12: a cookie that is worth nothing any more is there, and no token is asked for in vain.
    await desk.page.reload();
    await desk.page.getByLabel(/email/i).fill("ben@acme.test");
    await desk.page.getByLabel(/password/i).fill("correct horse");
    await desk.page.getByRole("button", { name: "Sign in" }).click();
    await desk.page.waitForURL(/\/conversations\?sort=unread$/);
    await desk.inSync();
    expect(desk.complaints).toEqual([]);
    await desk.close();
  });

  test("PAGE-8 Sign out, found by its name, ends every tab of that browser and no other's", async () => {
    const ann = await stage.desk("ann");
    const ben = await stage.desk("ben");
    const second = await ben.context.newPage();
    await second.goto(`${stage.portal.url}/settings`);
    await second.getByRole("heading", { name: "Settings" }).waitFor();
    const told = ben.page.waitForResponse((r) => r.url().endsWith("/api/auth/logout"));
    await ben.page.getByRole("button", { name: "Sign out" }).click();
    await ben.page.waitForURL(/\/login$/);
    await second.waitForURL(/\/login$/);
    expect((await told).status()).toBe(204);
    await ben.page.reload();
    await ben.page.getByLabel(/email/i).waitFor();
    expect((await ben.context.cookies()).filter((c) => c.value !== "")).toEqual([]);
    await ann.inSync();
    expect(ann.complaints).toEqual([]);
    expect(ben.complaints).toEqual([]);
    await ann.close();
    await ben.close();
  });
});
