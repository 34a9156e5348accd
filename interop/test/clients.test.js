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

      run("an acknowledgement that never comes ends nothing, on either side (SIO-42, SIO-43)", async (socket) => {
        // A time-out on the client's side is its own matter, which the older ones leave to the application.
        const late = new Promise((done) => setTimeout(done, 100, "late"));
        assert.equal(await Promise.race([ask(socket, "nobody listens"), late]), "late");
        let tooLate;
        socket.once("question", (n, answer) => (tooLate = answer));
        assert.deepEqual(await ask(socket, "ask-me-within", 100, 1), [{ ok: false }]);
        tooLate(1);
        socket.once("question", (n, answer) => answer(n));
        assert.deepEqual(await ask(socket, "ask-me-within", 120_000, 2), [{ ok: true }]);
        assert.deepEqual(await ask(socket, "echo", 3), [3]);
      });

      run("is told why it is refused, and does not come back (SIO-18)", async (socket) => {
        const refused = socket.io.socket("/refused", {});
        const refusals = [];
        refused.on("connect_error", (error) => refusals.push(error));
        const [error] = await once(refused, "connect_error");
        assert.equal(error.message, "not you");
        assert.deepEqual(error.data, { ok: false });
        assert.equal(refused.connected, false);
        for (let i = 0; i < 20; i++) assert.deepEqual(await ask(socket, "echo", i), [i]);
        assert.equal(refusals.length, 1);
        refused.disconnect(); // the older clients keep the connection for it
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
        await once(custom, "auth");
        const unknown = socket.io.socket("/unknown", {});
        assert.equal((await once(unknown, "connect_error"))[0].message, "Invalid namespace");
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

describe("all versions together", () => {
  test("SIO-55 a broadcast is acknowledged by all, or by those who will", async () => {
    const sockets = Object.entries(clients).flatMap(([, io]) => Object.values(ways).map((options) => open(io, options)));
    for (const socket of sockets) {
      await connect(socket);
      await ask(socket, "join", "asked");
    }
    const answering = (sockets) => sockets.forEach((socket) => socket.on("question", (n, answer) => answer(n)));
    answering(sockets.slice(1));
    assert.deepEqual(await ask(sockets[0], "ask-room", "asked", 1000, 1), [sockets.length - 1, { ok: false }]);
    answering(sockets.slice(0, 1));
    assert.deepEqual(await ask(sockets[0], "ask-room", "asked", 120_000, 2), [sockets.length, { ok: true }]);
    for (const socket of sockets) socket.disconnect();
  });
});
