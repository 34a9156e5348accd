// permessage-deflate between the server and `ws`, below the official clients and bare.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { describe, test } from "node:test";
import { once } from "node:events";
import WebSocket from "ws";
import { io as io48 } from "client-4.8";
import client40 from "client-4.0";
import client30 from "client-3.0";
import { Raw } from "../raw.js";
import { withServer } from "../server.js";

const server = withServer("--compress-from", "1024", "--ping-interval", "1s", "--ping-timeout", "30s");
const plain = withServer();

const clients = { 4.8: io48, "4.0": client40.io ?? client40, "3.0": client30.io ?? client30 };
const ways = { websocket: { transports: ["websocket"] }, upgrade: { transports: ["polling", "websocket"] } };

const long = JSON.stringify(Array.from({ length: 2000 }, (_, n) => ({ n, text: "Where is my parcel?" })));
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...values) => resolve(values)));

/** A connected client whose transport is WebSocket, and what lies beneath. */
async function open(io, url, options) {
  const socket = io(url, { forceNew: true, ...options });
  await once(socket, "connect");
  if (socket.io.engine.transport.name !== "websocket") await once(socket.io.engine, "upgrade");
  return { socket, ws: socket.io.engine.transport.ws };
}

/** How many bytes went each way while fn ran. */
async function traffic(ws, fn) {
  const { bytesRead, bytesWritten } = ws._socket;
  await fn();
  return { read: ws._socket.bytesRead - bytesRead, written: ws._socket.bytesWritten - bytesWritten };
}

for (const [version, io] of Object.entries(clients)) {
  for (const [way, options] of Object.entries(ways)) {
    describe(`compression with client ${version}, ${way}`, () => {
      // From the first byte on, the packets of the upgrade included, as browsers do it.
      for (const threshold of [0, 1024]) {
        test(`EIO-82 both ways, from ${threshold} bytes on`, async () => {
          const { socket, ws } = await open(io, server.url, { ...options, perMessageDeflate: { threshold } });
          assert.match(ws.extensions, /permessage-deflate/);
          const { read, written } = await traffic(ws, async () => {
            assert.deepEqual(await ask(socket, "echo", long, { n: 1 }), [long, { n: 1 }]);
            const blob = Buffer.from(long);
            const [back] = await ask(socket, "echo", blob);
            assert.ok(Buffer.from(back).equals(blob));
          });
          assert.ok(read < long.length / 2, `${read} bytes came of ${2 * long.length}`);
          assert.ok(written < long.length / 2, `${written} bytes went of ${2 * long.length}`);
          socket.disconnect();
        });
      }

      test("EIO-88 1,000,000 bytes of noise, which only get longer", async () => {
        const { socket, ws } = await open(io, server.url, { ...options, perMessageDeflate: { threshold: 0 } });
        const noise = randomBytes(1_000_000);
        const { read, written } = await traffic(ws, async () => {
          const [back] = await ask(socket, "echo", noise);
          assert.ok(Buffer.from(back).equals(noise));
        });
        assert.ok(written > noise.length, `${written}`);
        assert.ok(read > noise.length, `${read}`);
        socket.disconnect();
      });

      test("EIO-82 a client that wants none", async () => {
        const { socket, ws } = await open(io, server.url, { ...options, perMessageDeflate: false });
        assert.ok(!ws.extensions);
        const { read } = await traffic(ws, async () => assert.deepEqual(await ask(socket, "echo", long), [long]));
        assert.ok(read > long.length);
        socket.disconnect();
      });

      test("EIO-81 a server that wants none", async () => {
        const { socket, ws } = await open(io, plain.url, { ...options, perMessageDeflate: { threshold: 0 } });
        assert.ok(!ws.extensions);
        assert.deepEqual(await ask(socket, "echo", long), [long]);
        socket.disconnect();
      });
    });
  }
}

describe("compression", () => {
  test("EIO-87 a broadcast to clients with and without it", async () => {
    const room = "crowd";
    const options = (i) => ({ ...ways.websocket, perMessageDeflate: i % 2 === 0 && { threshold: 0 } });
    const opened = await Promise.all(Array.from({ length: 20 }, (_, i) => open(io48, server.url, options(i))));
    for (const { socket } of opened) {
      socket.got = [];
      await ask(socket, "join", room);
    }
    const all = opened.map(
      ({ socket }) => new Promise((done) => socket.on("message:new", (m) => socket.got.push(m.n) === 50 && done(socket.got))),
    );
    for (let n = 0; n < 50; n++) opened[0].socket.emit("bench:emit", { room, payload: { n, text: n % 3 ? long : "short" } }, () => {});
    for (const got of await Promise.all(all)) assert.deepEqual(got, Array.from({ length: 50 }, (_, n) => n));
    for (const { socket } of opened) socket.disconnect();
  });

  const dial = (perMessageDeflate) =>
    new WebSocket(`${server.url.replace("http", "ws")}/engine.io/?EIO=4&transport=websocket`, { perMessageDeflate });

  // `ws` fails the connection on an answer that its offer doesn't allow.
  for (const [name, offer, agreed] of [
    ["the client's window", { clientMaxWindowBits: 10 }, true],
    ["the client's window, no context kept", { clientMaxWindowBits: true, clientNoContextTakeover: true, serverNoContextTakeover: true }, true],
    ["the server's whole window", { serverMaxWindowBits: 15 }, true],
    ["a smaller window of the server", { serverMaxWindowBits: 10 }, false],
  ]) {
    test(`EIO-83 ${name}`, async () => {
      const ws = dial({ threshold: 0, ...offer });
      const messages = [];
      const echoed = new Promise((done) => ws.on("message", (m) => /^4/.test(m) && messages.push(m.toString()) === 2 && done()));
      await once(ws, "open");
      assert.equal(/permessage-deflate/.test(ws.extensions), agreed);
      ws.send(`4${long}`);
      ws.send("4short");
      await echoed;
      assert.deepEqual(messages, [`4${long}`, "4short"]);
      ws.close();
    });
  }

  test("EIO-88 a bomb is closed with 1009", async () => {
    const ws = dial({ threshold: 0 });
    const closed = once(ws, "close");
    await once(ws, "open");
    ws.send(`4${"x".repeat(50_000_000)}`);
    assert.equal((await closed)[0], 1009);
  });

  test("EIO-84 a malformed offer is refused", async () => {
    const url = `${server.url.replace("http", "ws")}/engine.io/?EIO=4&transport=websocket`;
    const ws = new WebSocket(url, { perMessageDeflate: false, headers: { "Sec-WebSocket-Extensions": "permessage-deflate;" } });
    const [error] = await once(ws, "error");
    assert.match(error.message, /400/);
  });

  test("EIO-82 the checks' own WebSocket", async () => {
    const raw = new Raw(`${server.url.replace("http", "ws")}/engine.io/?EIO=4&transport=websocket`);
    await raw.next();
    raw.send(`4${long}`);
    assert.deepEqual(await raw.take(1), [`4${long}`]);
    raw.close();
  });
});
