import { createHmac } from "node:crypto";
import { request } from "node:http";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { io } from "socket.io-client";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { Agent } from "../harness/agent.ts";
import { Broker } from "../harness/broker.ts";
import { Portal, secrets } from "../harness/portal.ts";
import { until } from "../harness/until.ts";

// What an attacker tries from outside, against the binary as it is shipped.
describe("the portal under attack", () => {
  const secret = "a secret of at least thirty-two bytes";
  let broker: Broker, portal: Portal, ann: Agent;

  beforeAll(async () => {
    broker = await Broker.open();
    portal = await Portal.make({ ...broker.env(), PORTAL_JWT_SECRET: secret });
    await portal.start();
    ann = await Agent.signIn(portal.url, "ann@acme.test");
  });
  afterAll(async () => {
    await portal?.dispose();
    await broker?.close();
  });

  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  function forged(header: object, claims: object, key = secret, hash = "sha256"): string {
    const signed = `${part(header)}.${part(claims)}`;
    return `${signed}.${key === "" ? "" : createHmac(hash, key).update(signed).digest("base64url")}`;
  }
  const claims = () => JSON.parse(Buffer.from(ann.token.split(".")[1]!, "base64url").toString()) as Record<string, unknown>;
  const refusedBySocket = (token: string) =>
    new Promise<string>((res, rej) => {
      const socket = io(portal.url, { forceNew: true, transports: ["websocket"], auth: { token }, reconnection: false });
      socket.on("connect", () => (socket.close(), rej(new Error("was let in"))));
      socket.on("connect_error", (err) => (socket.close(), res(((err as any).data?.code as string) ?? err.message)));
    });

  /** Sends bytes as they are and returns all that comes back until the server closes. */
  const raw = (bytes: string, ms = 30_000) =>
    new Promise<string>((res, rej) => {
      const socket = connect(portal.port, "127.0.0.1", () => socket.write(bytes));
      let answer = "";
      const timer = setTimeout(() => (socket.destroy(), rej(new Error(`still open after ${ms} ms: ${answer}`))), ms);
      socket.on("data", (d) => (answer += d));
      socket.on("error", () => {});
      socket.on("close", () => (clearTimeout(timer), res(answer)));
    });
  const status = (answer: string) => Number(/^HTTP\/1\.1 (\d+)/.exec(answer)?.[1]);
  const host = () => `127.0.0.1:${portal.port}`;

  test("AUTH-8 a token of another algorithm, key or shape opens neither REST nor socket", async () => {
    const own = claims();
    expect((await fetch(`${portal.url}/api/conversations`, { headers: { authorization: `Bearer ${forged({ alg: "HS256", typ: "JWT" }, own)}` } })).status).toBe(200);
    const tokens = {
      none: forged({ alg: "none", typ: "JWT" }, own, ""),
      "none, in capitals": forged({ alg: "NONE", typ: "JWT" }, own, ""),
      "a longer hash": forged({ alg: "HS512", typ: "JWT" }, own, secret, "sha512"),
      "said to be RSA": forged({ alg: "RS256", typ: "JWT" }, own),
      "an empty key": forged({ alg: "HS256", typ: "JWT" }, own, "\0"),
      "a key of the token's own": forged({ alg: "HS256", jwk: { kty: "oct", k: "AAAA" } }, own, "\0\0\0"),
      "a key file": forged({ alg: "HS256", kid: "../../../../dev/null" }, own, "\0"),
      "no end": forged({ alg: "HS256", typ: "JWT" }, { ...own, exp: undefined }),
      "an odd end": forged({ alg: "HS256", typ: "JWT" }, { ...own, exp: "tomorrow" }),
    };
    for (const [what, token] of Object.entries(tokens)) {
      const res = await fetch(`${portal.url}/api/conversations`, { headers: { authorization: `Bearer ${token}` } });
      expect(res.status, what).toBe(401);
      expect(await refusedBySocket(token), what).toBe("token_invalid");
    }
    // Rightly signed: by somebody who knows the secret, and still not for whom the session is.
    for (const more of [{ tid: "globex" }, { sub: "acme-ben" }, { sub: "globex-ann", tid: "globex" }, { sid: "made-up" }, { exp: "9999999999" }, { exp: 1e300 }]) {
      const token = forged({ alg: "HS256" }, { ...own, ...more });
      expect((await fetch(`${portal.url}/api/me`, { headers: { authorization: `Bearer ${token}` } })).status, JSON.stringify(more)).toBe(401);
      expect(await refusedBySocket(token), JSON.stringify(more)).toBe("token_invalid");
    }
    // What a token says of itself beside changes nothing.
    for (const more of [{ role: "admin" }, { tenantId: "globex" }, { iat: 9_999_999_999 }]) {
      const res = await fetch(`${portal.url}/api/me`, { headers: { authorization: `Bearer ${forged({ alg: "HS256", kid: "x", jku: "https://evil.example" }, { ...own, ...more })}` } });
      expect(((await res.json()) as any).user).toMatchObject({ id: "acme-ann", tenantId: "acme", role: "admin" });
    }
  });

  test("EIO-6 a page of another site gets no socket, by WebSocket or polling, and no grant", async () => {
    for (const origin of ["https://evil.example", "null", `http://127.0.0.1.evil.example:${portal.port}`, `http://${host()}.evil.example`]) {
      const upgrade = await raw(
        `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${host()}\r\nConnection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nOrigin: ${origin}\r\n\r\n`,
      );
      expect(status(upgrade), origin).toBe(403);
      const poll = await fetch(`${portal.url}/socket.io/?EIO=4&transport=polling`, { headers: { origin } });
      expect(poll.status, origin).toBe(403);
      expect(poll.headers.get("access-control-allow-origin")).toBeNull();
    }
  });

  test("REST-26 a page of another site can't use the cookie", async () => {
    const cookie = ann.cookie;
    for (const headers of [{ origin: "https://evil.example" }, { origin: "null" }, { "sec-fetch-site": "cross-site" }] as Record<string, string>[]) {
      for (const path of ["refresh", "logout"]) {
        const res = await fetch(`${portal.url}/api/auth/${path}`, { method: "POST", headers: { cookie, ...headers } });
        expect(res.status).toBe(403);
        expect(res.headers.get("access-control-allow-origin")).toBeNull();
        expect(res.headers.get("set-cookie")).toBeNull();
      }
    }
    // Nor does the cookie alone open anything else.
    expect((await fetch(`${portal.url}/api/conversations`, { headers: { cookie } })).status).toBe(401);
  });

  test("OPS-26 outsized headers are refused, slow ones are cut off, and others are served meanwhile", async () => {
    const slow = raw(`GET /healthz HTTP/1.1\r\nHost: ${host()}\r\nX-Slow: `, 40_000);
    const from = Date.now();
    const idle = raw("", 40_000);
    const large = await raw(`GET /healthz HTTP/1.1\r\nHost: ${host()}\r\nX-Large: ${"x".repeat(200_000)}\r\n\r\n`);
    // The rest of what was sent may reset the connection before the answer is read.
    expect([431, NaN]).toContain(status(large));
    expect((await fetch(`${portal.url}/healthz`)).status).toBe(200);
    expect(status(await slow)).not.toBe(200);
    await idle;
    expect(Date.now() - from).toBeGreaterThan(5_000);
  });

  test("REST-13 a body that is small on the wire and large unpacked isn't unpacked", async () => {
    const bomb = gzipSync(Buffer.alloc(64 << 20));
    const headers = { authorization: `Bearer ${ann.token}`, "content-type": "application/json", "content-encoding": "gzip" };
    const res = await fetch(`${portal.url}/api/auth/login`, { method: "POST", headers, body: bomb });
    expect(res.status).toBe(415);
    const hook = await fetch(`${portal.url}/webhooks/whatsapp`, { method: "POST", headers, body: bomb });
    expect([400, 401, 413, 415]).toContain(hook.status);
  });

  test("OPS-20, OPS-23 no path leads out of the page's files, and every answer has the usual headers", async () => {
    for (const path of ["/../../../../etc/passwd", "/..%2f..%2f..%2fetc%2fpasswd", "/%2e%2e/%2e%2e/etc/passwd", "/assets/..%5c..%5cetc%5cpasswd", "/assets//../../data/portal.db", "/assets/%00", "/.git/config", "/api/..%2fmetrics", "/webhooks/../api/conversations"]) {
      const answer = await raw(`GET ${path} HTTP/1.1\r\nHost: ${host()}\r\nConnection: close\r\n\r\n`);
      expect(status(answer), path).toBeLessThan(500);
      expect(answer, path).not.toMatch(/root:|SQLite format|\[core\]/);
      expect(answer, path).not.toContain('"conversations"');
    }
    for (const path of ["/", "/login", "/conversations/x"]) {
      const { headers } = await fetch(portal.url + path);
      const policy = headers.get("content-security-policy") ?? "";
      const scripts = /script-src ([^;]*)/.exec(policy)?.[1] ?? /default-src ([^;]*)/.exec(policy)?.[1] ?? "";
      expect(scripts).not.toMatch(/unsafe-|\*|https?:/);
      expect(policy).toContain("frame-ancestors 'none'");
      expect(policy).toMatch(/object-src 'none'|default-src 'none'/);
      expect(headers.get("x-content-type-options")).toBe("nosniff");
      expect(headers.get("referrer-policy")).toBeTruthy();
      expect(headers.get("permissions-policy")).toBeTruthy();
      expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    }
  });

  test("REST-33 what only looks like a path of the API is none, and nobody is sent elsewhere", async () => {
    for (const path of ["/api", "/api/", "/api//conversations", "/api/./conversations", "/api/x/../conversations", "/api/conversations/", "/api/conversations//x"]) {
      for (const method of ["GET", "POST"]) {
        const answer = await raw(`${method} ${path} HTTP/1.1\r\nHost: ${host()}\r\nAuthorization: Bearer ${ann.token}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n`);
        expect([method, path, status(answer)]).toEqual([method, path, 404]);
        expect(answer).toMatch(/content-type: application\/problem\+json/i);
      }
    }
  });

  test("OPS-32, WA-5 a large body is refused with an answer that arrives, whoever asks", async () => {
    const large = (path: string, size: number) =>
      new Promise<number | string>((res) => {
        const call = request(`${portal.url}${path}`, { method: "POST", headers: { "content-type": "application/json", "content-length": size } }, (answer) => {
          answer.resume().on("end", () => res(answer.statusCode!));
        });
        call.on("error", (err) => res(err.message));
        call.end(Buffer.alloc(size, "x"));
      });
    for (let i = 0; i < 3; i++) {
      expect(await large("/webhooks/whatsapp", 6 << 20)).toBe(413);
      expect(await large("/api/auth/login", 6 << 20)).toBe(413);
      expect(await large("/api/conversations/none/messages", 6 << 20)).toBe(401); // too large, but first of all nobody's
      expect(await large("/login", 6 << 20)).toBe(405);
    }
  });

  test("REST-20 behind TLS the cookie is for TLS alone, whatever else a proxy says", async () => {
    for (const [proto, secure] of [["https", true], ["HTTPS, http", true], ["http", false], ["", false]] as const) {
      const res = await fetch(`${portal.url}/api/auth/login`, {
        method: "POST",
        headers: { "content-type": "application/json", "x-forwarded-proto": proto },
        body: JSON.stringify({ email: "ben@acme.test", password: "correct horse" }),
      });
      expect(/; *secure/i.test(res.headers.get("set-cookie")!), proto).toBe(secure);
      expect(res.headers.has("strict-transport-security"), proto).toBe(secure);
    }
  });

  test("OPS-33 every answer, an API's, an operator's or a provider's, has the headers that are safe for data", async () => {
    for (const path of ["/api/me", "/api/openapi.json", "/api/none", "/healthz", "/readyz", "/metrics", "/webhooks/whatsapp", "/webhooks/none", "/socket.io/?EIO=4&transport=polling", "/socket.io/?EIO=9"]) {
      const { headers } = await fetch(portal.url + path);
      expect(headers.get("x-content-type-options"), path).toBe("nosniff");
      expect(headers.get("content-security-policy"), path).toBe("default-src 'none'; frame-ancestors 'none'");
    }
  });

  test("REST-38 no answer, metric or line of the log holds a secret", async () => {
    const { paths } = (await (await fetch(`${portal.url}/api/openapi.json`)).json()) as any;
    const gets = Object.keys(paths).filter((path) => paths[path].get && !path.includes("{"));
    expect(gets.length).toBeGreaterThan(12);
    const headers = { authorization: `Bearer ${ann.token}`, cookie: ann.cookie };
    const answers = await Promise.all(gets.map(async (path) => (await fetch(portal.url + path, { headers })).text()));
    const said = [...answers, portal.log.join("")].join("\n");
    expect(said).toContain("ben@acme.test"); // it is the users' list, and all the others
    for (const kept of [secret, "correct horse", secrets.appSecret, "token-acme", "token-globex", "argon2id", ann.token, ann.cookie.split("=")[1]!]) {
      expect(said).not.toContain(kept);
    }
  });

  test("OPS-27 what strangers write makes no line of its own in the log", async () => {
    const forgery = 'x\n{"level":"ERROR","msg":"forged by a stranger"}\r\nlevel=ERROR msg="forged by a stranger"\u001b[31m red \u009b2K\u2028\u0085\u202e';
    await fetch(`${portal.url}/api/auth/login`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ email: forgery, password: forgery }),
    });
    await fetch(`${portal.url}/api/conversations/${encodeURIComponent(forgery)}`, { headers: { authorization: `Bearer ${ann.token}` } });
    await fetch(`${portal.url}/api/users`, {
      method: "POST",
      headers: { authorization: `Bearer ${ann.token}`, "content-type": "application/json" },
      body: JSON.stringify({ email: "forger@acme.test", name: forgery, password: "long enough", role: "agent" }),
    });
    await fetch(`${portal.url}/${encodeURIComponent(forgery)}`, { headers: { "user-agent": 'level=ERROR msg="forged"', "x-forwarded-for": 'level=ERROR msg="forged"' } });
    await broker.publish(broker.status, { tenantId: "acme", wamid: forgery, status: forgery, timestamp: forgery });
    await broker.publish(broker.inbound, { tenantId: forgery, wamid: forgery, wa_id: "1", timestamp: "1", message_text: "x" });
    await broker.receive({ wa_id: "4479", contact_name: forgery, message_text: forgery });
    await until("the dead letter", () => broker.take(`${broker.inbound}.dead`));
    await until("the message", async () => (await ann.conversations("?search=4479")).conversations.length === 1);
    const lines = portal.log.join("").split("\n");
    expect(lines.filter((line) => /^\s*(\{"level":"ERROR","msg":"forged|level=ERROR msg="forged)/.test(line))).toEqual([]);
    // Each line is one of ours, and nothing in it moves a terminal's cursor or changes how it reads.
    expect(lines.filter((line) => line !== "" && !/^time=\S+ level=(DEBUG|INFO|WARN|ERROR) msg=/.test(line))).toEqual([]);
    expect(lines.filter((line) => /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e]/.test(line))).toEqual([]);
  });

  test("REST-36 a flood of one user is answered 429 with a time to wait, and others are served", async () => {
    const ben = await Agent.signIn(portal.url, "ben@acme.test");
    let refusal: Response | undefined;
    await until("a refusal", async () => {
      const answers = await Promise.all(
        Array.from({ length: 300 }, () => fetch(`${portal.url}/api/conversations/none`, { headers: { authorization: `Bearer ${ben.token}` } })),
      );
      refusal = answers.find((r) => r.status === 429);
      await Promise.all(answers.filter((r) => r !== refusal).map((r) => r.arrayBuffer()));
      return refusal;
    }, 60_000);
    expect(Number(refusal!.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(await refusal!.json()).toMatchObject({ status: 429, code: "rate_limited" });
    expect((await ann.rest("GET", "/conversations")).status).toBe(200);
  });
});
