// Connection state recovery with the official client and the in-memory store.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { once } from "node:events";
import { io } from "client-4.8";
import { withServer } from "../server.js";

const server = withServer("--recovery", "60s");

const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...values) => resolve(values)));

async function open(options) {
  const socket = io(server.url, { forceNew: true, reconnectionDelay: 100, reconnectionDelayMax: 200, ...options });
  socket.got = [];
  socket.on("message:new", (message) => socket.got.push(message));
  await once(socket, "connect");
  return socket;
}

/** Breaks the connection as a lost network does. */
const cut = (socket) => socket.io.engine.close();

for (const transports of [["websocket"], ["polling"], ["polling", "websocket"]]) {
  describe(`recovery on ${transports}`, () => {
    test("SIO-61 gets its id, its rooms and what it missed, in order", async () => {
      const room = `r-${transports}`;
      const sender = await open({ transports: ["websocket"] });
      const socket = await open({ transports });
      assert.equal(socket.recovered, false);
      const { id } = socket;
      await ask(socket, "join", room);
      await ask(sender, "bench:emit", { room, payload: 0 });
      for (let round = 1; round <= 3; round++) {
        const gone = once(socket, "disconnect");
        const back = new Promise((done) => socket.once("connect", done));
        cut(socket);
        await gone;
        for (let i = 0; i < 10; i++) await ask(sender, "bench:emit", { room, payload: round * 10 + i });
        await back;
        assert.equal(socket.recovered, true);
        assert.equal(socket.id, id);
        await ask(sender, "bench:emit", { room, payload: round * 10 + 10 - 0.5 });
        await ask(socket, "echo", 1);
      }
      const want = [0];
      for (let round = 1; round <= 3; round++) {
        for (let i = 0; i < 10; i++) want.push(round * 10 + i);
        want.push(round * 10 + 9.5);
      }
      await ask(socket, "echo", 1);
      assert.deepEqual(socket.got, want);
      sender.disconnect();
      socket.disconnect();
    });

    test("SIO-62 is recovered before its first event", async () => {
      const room = `early-${transports}`;
      const sender = await open({ transports: ["websocket"] });
      const socket = await open({ transports });
      await ask(socket, "join", room);
      const back = new Promise((done) => socket.io.once("reconnect", done));
      cut(socket);
      await ask(sender, "bench:emit", { room, payload: "missed" });
      await back;
      if (!socket.connected) await once(socket, "connect");
      assert.equal(socket.recovered, true);
      await ask(socket, "echo", 1);
      assert.deepEqual(socket.got, ["missed"]);
      sender.disconnect();
      socket.disconnect();
    });
  });
}

test("SIO-66 a client's own disconnect ends its recovery", async () => {
  const socket = await open({ transports: ["websocket"] });
  socket.disconnect();
  socket.connect();
  await once(socket, "connect");
  assert.equal(socket.recovered, false);
  socket.disconnect();
});

test("SIO-66 after a restart the client is back, and told that it missed something", async () => {
  const socket = await open({ transports: ["websocket"] });
  await ask(socket, "join", "x");
  await ask(socket, "bench:emit", { room: "x", payload: 1 });
  const back = new Promise((done) => socket.io.once("reconnect", done));
  await server.restart();
  await back;
  if (!socket.connected) await once(socket, "connect");
  assert.equal(socket.recovered, false);
  assert.deepEqual(await ask(socket, "echo", 1), [1]);
  socket.disconnect();
});
