// Many official clients at once, on every transport.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { io } from "client-4.8";
import { withServer } from "../server.js";

const server = withServer();

const ways = {
  polling: { transports: ["polling"] },
  websocket: { transports: ["websocket"] },
  upgrade: { transports: ["polling", "websocket"] },
};

const ask = (socket, ...args) => new Promise((resolve) => socket.emit(...args, (...values) => resolve(values)));

describe("many", () => {
  for (const [way, options] of Object.entries(ways)) {
    test(`200 clients at once, ${way}`, async () => {
      const room = `crowd-${way}`;
      const sockets = await Promise.all(
        Array.from({ length: 200 }, async (_, i) => {
          const socket = io(server.url, { forceNew: true, ...options });
          socket.got = new Promise((done) => socket.on("message:new", done));
          // Emitted before the connection is there: sent as its first event.
          const [echoed] = await ask(socket, "echo", i);
          assert.equal(echoed, i);
          await ask(socket, "join", room);
          return socket;
        }),
      );
      assert.equal(new Set(sockets.map((s) => s.id)).size, 200);
      await ask(sockets[0], "bench:emit", { room, payload: { n: 1 } });
      for (const got of await Promise.all(sockets.map((s) => s.got))) assert.deepEqual(got, { n: 1 });
      for (const socket of sockets) socket.disconnect();
    });
  }
});
