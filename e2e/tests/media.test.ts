import { deflateSync, crc32 } from "node:zlib";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Desk } from "../harness/browser.ts";
import { Hook } from "../harness/hook.ts";
import { Stage } from "../harness/stage.ts";
import { until } from "../harness/until.ts";

// What customers send as files, from Meta's webhook to the screen.
const waId = "4915700001";

/** A picture of one colour, 8 × 6. */
function png(): Buffer {
  const chunk = (kind: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(kind), data]);
    const out = Buffer.alloc(8 + body.length);
    out.writeUInt32BE(data.length, 0);
    body.copy(out, 4);
    out.writeUInt32BE(crc32(body), 4 + body.length);
    return out;
  };
  const head = Buffer.from([0, 0, 0, 8, 0, 0, 0, 6, 8, 2, 0, 0, 0]);
  const rows = Buffer.alloc(6 * (1 + 8 * 3), 0x60);
  for (let row = 0; row < 6; row++) rows[row * 25] = 0; // no filter
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", deflateSync(rows)), chunk("IEND", Buffer.alloc(0))]);
}

describe("files that customers send", () => {
  let stage: Stage, vic: Desk, hook: Hook;

  const send = async (wamid: string, type: string, media: Record<string, unknown>) => {
    const status = await hook.post({ contacts: [{ wa_id: waId, profile: { name: "Rosa Lind" } }], messages: [{ id: wamid, from: waId, timestamp: "1767225600", type, [type]: media }] });
    expect(status).toBe(200);
    const found = await until("the conversation", async () => (await stage.ann.conversations(`?search=${waId}`)).conversations[0]);
    return until("the message", async () => (await stage.thread(found.id)).find((m) => m.wamid === wamid));
  };

  beforeAll(async () => {
    stage = await Stage.open();
    hook = new Hook(stage.portal.url);
    stage.graph.files.set("77", { type: "image/png", body: png() });
    stage.graph.files.set("78", { type: "text/html", body: Buffer.from("<script>document.title = 'run'</script>") });
  });
  afterAll(() => stage?.close());

  test("PAGE-92 a picture that the provider keeps is painted, for a viewer too, and only the provider saw the token", async () => {
    const m = await send("wamid.photo", "image", { id: "77", mime_type: "image/png", caption: "The crack", url: "https://lookaside.example/expires-soon" });
    expect(m.mediaUrl).toBe(`/api/media/${m.id}`);
    vic = await stage.desk("vic", `/conversations/${m.conversationId}`);
    const image = vic.page.getByRole("img", { name: "The crack" });
    await until("the picture", () => image.evaluate((el) => (el as HTMLImageElement).naturalWidth === 8));
    expect(stage.graph.fetched).toEqual(["/v23.0/77 Bearer token-acme", "/files/77 Bearer token-acme"]);
    await vic.page.reload();
    await until("the picture again", () => image.evaluate((el) => (el as HTMLImageElement).naturalWidth === 8));
    expect(stage.graph.fetched, "kept by the browser, asked for by its tag").toHaveLength(2);
  });

  test("REST-72 what a stranger sends as a document doesn't run in the portal's name", async () => {
    const m = await send("wamid.page", "document", { id: "78", mime_type: "text/html", filename: "invoice.html" });
    const link = vic.page.getByRole("link", { name: /invoice\.html/ });
    await link.waitFor();
    const saved = vic.page.waitForEvent("download");
    await vic.page.evaluate((url) => (window.location.href = url), m.mediaUrl);
    expect((await saved).suggestedFilename()).toBe("invoice.html");
    expect(await vic.page.title()).not.toBe("run");
  });

  test("PAGE-91 a picture that the provider hasn't got any more says so", async () => {
    const m = await send("wamid.gone", "image", { id: "79", mime_type: "image/png" });
    await vic.page.getByText("Photo isn’t available any more").waitFor();
    expect((await stage.ann.rest("GET", `/media/${m.id}`)).status).toBe(404);
  });

  test("REST-71 another tenant's is not found, and nothing opens after signing out", async () => {
    const m = (await stage.thread((await stage.ann.conversations(`?search=${waId}`)).conversations[0].id)).find((x) => x.wamid === "wamid.photo");
    const by = (cookies: string) => fetch(`${stage.portal.url}${m.mediaUrl}`, { headers: { cookie: cookies } });
    const signedIn = async (email: string) => {
      const res = await fetch(`${stage.portal.url}/api/auth/login`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ email, password: "correct horse" }) });
      return res.headers.getSetCookie().map((c) => c.split(";")[0]!);
    };
    const [, stranger] = await signedIn("ann@globex.test");
    expect((await by(stranger!)).status).toBe(404);
    const [refresh, media] = await signedIn("ben@acme.test");
    expect((await by(media!)).status).toBe(200);
    expect((await by(refresh!)).status).toBe(401);
    expect((await fetch(`${stage.portal.url}/api/conversations`, { headers: { cookie: media! } })).status).toBe(401);
    expect((await fetch(`${stage.portal.url}/api/auth/logout`, { method: "POST", headers: { cookie: refresh! } })).status).toBe(204);
    expect((await by(media!)).status).toBe(401);
  });
});
