// The official clients from npm against the server, on every transport.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { once } from "node:events";
import { io as io48 } from "client-4.8";
import client40 from "client-4.0";
import client30 from "client-3.0";
import { withServer } from "../server.js";

// Pings often, but never gives up on a client that a busy machine holds up.
const server = withServer("--ping-interval", "1s", "--ping-timeout", "30s");

const clients = { "4.8": io48, "4.0": client40.io ?? client40, "3.0": client30.io ?? client30 };
const ways = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: { transports: ["polling", "websocket"] },
};

/** Connects a client; `auth` events that come before anyone listens are kept. */
function open(io, options, namespace = "") {
  const socket = io(server.url + namespace, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 100, ...options });
  socket.authEcho = once(socket, "auth");
  return socket;
}

const connect = (socket) => (socket.connected ? Promise.resolve() : once(socket, "connect"));
const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...values) => resolve(values)));
const bytes = (data) => Buffer.from(data);

for (const [version, io] of Object.entries(clients)) {
  for (const [way, options] of Object.entries(ways)) {
    describe(`client ${version}, ${way}`, () => {
      const run = (name, fn, extra = {}) =>
        test(name, async () => {
          const socket = open(io, { ...options, ...extra });
          try {
            await connect(socket);
            await fn(socket);
          } finally {
            socket.disconnect();
          }
        });

      run(
        "connects with auth, and uses the transport",
        async (socket) => {
          assert.deepEqual(await socket.authEcho, [{ token: "t" }]);
          assert.equal(socket.id.length, 20);
          if (way === "upgrade") {
            if (socket.io.engine.transport.name !== "websocket") await new Promise((done) => socket.io.engine.once("upgrade", done));
          }
          assert.equal(socket.io.engine.transport.name, way === "polling" ? "polling" : "websocket");
          assert.deepEqual(await ask(socket, "echo", 1, "ü", null, { a: [true] }), [1, "ü", null, { a: [true] }]);
        },
        { auth: { token: "t" } },
      );

      run("sends and gets binary", async (socket) => {
        const back = once(socket, "message-back");
        socket.emit("message", { deep: [Buffer.from([1, 2])] }, Buffer.from([3]), "x");
        const [tree, blob, text] = await back;
        assert.deepEqual([bytes(tree.deep[0]), bytes(blob), text], [Buffer.from([1, 2]), Buffer.from([3]), "x"]);
        const [acked] = await ask(socket, "echo", Buffer.from([0, 255]));
        assert.deepEqual(bytes(acked), Buffer.from([0, 255]));
      });

      run("answers the server's question", async (socket) => {
        socket.on("question", (a, b, answer) => answer({ sum: a + b }, Buffer.from([7])));
        const [{ sum }, blob] = await ask(socket, "ask-me", 2, 3);
        assert.equal(sum, 5);
        assert.equal(blob, "Bw==");
      });

      run("keeps the order of a thousand events", async (socket) => {
        const got = [];
        const all = new Promise((done) => socket.on("message-back", (n) => got.push(n) === 1000 && done()));
        for (let i = 0; i < 1000; i++) socket.emit("message", i);
        await all;
        assert.deepEqual(got, Array.from({ length: 1000 }, (_, i) => i));
      });

      run("carries 1,000,000 bytes both ways", async (socket) => {
        // The packet around the text counts too: 45 characters are left for it.
        const text = "x".repeat(1_000_000 - 45);
        assert.equal((await ask(socket, "echo", text))[0], text);
        // Binary has base64 around it on polling, a third more.
        const blob = Buffer.alloc(way === "websocket" ? 1_000_000 : 740_000, 5);
        const [back] = await ask(socket, "echo", blob);
        assert.ok(bytes(back).equals(blob));
      });

      run("joins rooms and gets broadcasts", async (socket) => {
        assert.deepEqual(await ask(socket, "join", `room-${version}-${way}`), [{ ok: true }]);
        const got = once(socket, "message:new");
        await ask(socket, "bench:emit", { room: `room-${version}-${way}`, payload: { text: "hi" } });
        assert.deepEqual(await got, [{ text: "hi" }]);
      });

      run("is disconnected by the server and does not come back", async (socket) => {
        const gone = once(socket, "disconnect");
        socket.emit("disconnect-me");
        assert.equal((await gone)[0], "io server disconnect");
        assert.equal(socket.active ?? false, false);
      });

      run("comes back when the transport is closed", async (socket) => {
        const first = socket.id;
        const gone = once(socket, "disconnect");
        const back = once(socket, "connect");
        socket.emit("close");
        assert.equal((await gone)[0], "transport close");
        await Promise.race([back, once(socket, "connect")]);
        await connect(socket);
        assert.notEqual(socket.id, first);
        assert.deepEqual(await ask(socket, "echo", "again"), ["again"]);
      });

      run("uses several namespaces on one connection", async (socket) => {
        const custom = socket.io.socket("/custom", {});
        const echoed = once(custom, "auth");
        custom.connect();
        await echoed;
        const unknown = socket.io.socket("/unknown", {});
        const refused = once(unknown, "connect_error");
        unknown.connect();
        assert.equal((await refused)[0].message, "Invalid namespace");
        unknown.disconnect();
        custom.disconnect();
        assert.deepEqual(await ask(socket, "echo", "main"), ["main"]);
      });

      run("stays through heartbeats", async (socket) => {
        let gone = false;
        socket.on("disconnect", () => (gone = true));
        await new Promise((done) => setTimeout(done, 2500));
        assert.equal(gone, false);
        assert.deepEqual(await ask(socket, "echo", 1), [1]);
      });
    });
  }
}

describe("client 4.8", () => {
  test("an acknowledgement that never comes times out", async () => {
    const socket = open(io48, ways.websocket);
    await connect(socket);
    await assert.rejects(socket.timeout(100).emitWithAck("nobody listens"), /timed out/);
    assert.deepEqual(await socket.timeout(60_000).emitWithAck("echo", 1), 1);
    socket.disconnect();
  });
});
