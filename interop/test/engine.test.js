// The checks of the official Engine.IO v4 protocol test suite
// (github.com/socketio/socket.io, docs/engine.io-protocol/v4-test-suite, MIT), written anew for this server. They run
// on ioserver's bare echo under /engine.io/ and, where no echo is needed, on Socket.IO's path too.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { withServer } from "../server.js";
import { openPolling, Raw } from "../raw.js";

const hasty = withServer("--ping-interval", "300ms", "--ping-timeout", "200ms");
// Where no heartbeat is wanted none is to come between, nor a busy machine to miss it.
const calm = withServer();

/** The ways to a path of a server. */
function at(server, path) {
  const http = () => server.url + path;
  const ws = () => http().replace("http", "ws");
  const poll = (sid, init) => fetch(`${http()}?EIO=4&transport=polling&sid=${sid}`, init);
  const post = (sid, body) => poll(sid, { method: "POST", body });
  return { http, ws, poll, post };
}

for (const path of ["/engine.io/", "/socket.io/"]) {
  const { http, ws, poll, post } = at(hasty, path);

  const checkOpen = (hello, upgrades) =>
    assert.deepEqual(
      { ...hello, sid: typeof hello.sid },
      { sid: "string", upgrades, pingInterval: 300, pingTimeout: 200, maxPayload: 1000000 },
    );

  describe(`Engine.IO at ${path}`, () => {
    describe("handshake", () => {
      test("polling opens a session", async () => checkOpen(await openPolling(http()), ["websocket"]));

      test("WebSocket opens a session", async () => {
        const socket = new Raw(`${ws()}?EIO=4&transport=websocket`);
        const open = await socket.next();
        assert.equal(open[0], "0");
        checkOpen(JSON.parse(open.slice(1)), []);
        socket.close();
      });

      for (const query of ["transport=polling", "EIO=abc&transport=polling", "EIO=4", "EIO=4&transport=abc"]) {
        test(`polling refuses ?${query}`, async () => assert.equal((await fetch(`${http()}?${query}`)).status, 400));
      }
      for (const query of ["transport=websocket", "EIO=abc&transport=websocket", "EIO=4", "EIO=4&transport=abc"]) {
        test(`WebSocket refuses ?${query}`, () => new Raw(`${ws()}?${query}`).closed);
      }
      for (const method of ["POST", "PUT"]) {
        test(`a session is not opened by ${method}`, async () =>
          assert.equal((await fetch(`${http()}?EIO=4&transport=polling`, { method })).status, 400));
      }
    });

    describe("heartbeat", () => {
      // A pong has 200 ms, which a busy machine may miss: three tries.
      const pinged = (name, fn) =>
        test(name, async () => {
          for (let left = 2; ; left--) {
            try {
              return await fn();
            } catch (late) {
              if (left === 0) throw late;
            }
          }
        });

      pinged("polling is pinged", async () => {
        const { sid } = await openPolling(http());
        for (let i = 0; i < 3; i++) {
          const response = await poll(sid);
          assert.equal(response.status, 200);
          assert.equal(await response.text(), "2");
          assert.equal((await post(sid, "3")).status, 200);
        }
      });

      pinged("WebSocket is pinged", async () => {
        const socket = new Raw(`${ws()}?EIO=4&transport=websocket`);
        const gone = socket.closed.then(() => "gone");
        await socket.next();
        for (let i = 0; i < 3; i++) {
          assert.equal(await Promise.race([socket.next(), gone]), "2");
          socket.send("3");
        }
        socket.close();
      });

      test("a polling session without a pong is gone", async () => {
        const { sid } = await openPolling(http());
        await sleep(500);
        // A server that was held up pings late and waits longer.
        for (let response = await poll(sid); response.status !== 400; response = await poll(sid)) {
          assert.equal(response.status, 200);
          assert.match(await response.text(), /^[21]$/);
        }
      });

      test("a WebSocket without a pong is closed", () => new Raw(`${ws()}?EIO=4&transport=websocket`).closed);
    });

    describe("close", () => {
      const { http, ws, poll, post } = at(calm, path);
      for (let i = 0; i < 20; i++) {
        test(`a client's close ends its hanging poll, either first (${i})`, async () => {
          const { sid } = await openPolling(http());
          const [hanging] = await Promise.all([poll(sid), post(sid, "1")]);
          assert.equal(hanging.status, 200);
          assert.equal(await hanging.text(), "6");
          assert.equal((await poll(sid)).status, 400);
        });
      }

      test("a client's close closes the WebSocket", async () => {
        const socket = new Raw(`${ws()}?EIO=4&transport=websocket`);
        await socket.next();
        socket.send("1");
        await socket.closed;
      });
    });

    describe("limits", () => {
      const { http, ws, poll, post } = at(calm, path);

      test("what is no packet ends a polling session", async () => {
        const { sid } = await openPolling(http());
        assert.equal((await post(sid, "abc")).status, 400);
        assert.equal((await poll(sid)).status, 400);
      });

      test("what is no packet closes a WebSocket", async () => {
        const socket = new Raw(`${ws()}?EIO=4&transport=websocket`);
        await socket.next();
        socket.send("abc");
        await socket.closed;
      });

      test("two polls at once end the session", async () => {
        const { sid } = await openPolling(http());
        // Two requests may overtake each other.
        const both = await Promise.all([poll(sid), poll(`${sid}&t=burst`)]);
        const [first, second] = both.sort((a, b) => a.status - b.status);
        assert.equal(first.status, 200);
        assert.equal(await first.text(), "1");
        assert.equal(second.status, 400);
        assert.equal((await poll(sid)).status, 400);
      });

      test("a poll given up ends the session", async () => {
        const { http, poll } = at(hasty, path);
        // Given up too early it may not have reached the server, too late it is a ping that was read.
        for (const wait of [5, 20, 80, 160, 5, 20, 80, 160]) {
          const { sid } = await openPolling(http());
          const giveUp = new AbortController();
          const given = poll(sid, { signal: giveUp.signal }).catch(() => {});
          await sleep(wait);
          giveUp.abort();
          await given;
          if ((await poll(sid)).status === 400) return;
        }
        assert.fail("the session went on");
      });
    });
  });
}

describe("Engine.IO messages and upgrade", () => {
  const { http, ws, poll } = at(calm, "/engine.io/");

  for (const payload of ["4hello", "4test1\x1e4test2\x1e4test3", "4hello\x1ebAQIDBA=="]) {
    test(`polling echoes ${JSON.stringify(payload)}`, async () => {
      const { sid } = await openPolling(http());
      const pushed = await poll(sid, { method: "POST", body: payload });
      assert.equal(pushed.status, 200);
      assert.equal(await pushed.text(), "ok");
      const polled = await poll(sid);
      assert.equal(polled.status, 200);
      assert.equal(await polled.text(), payload);
    });
  }

  test("WebSocket echoes text and binary", async () => {
    const socket = new Raw(`${ws()}?EIO=4&transport=websocket`);
    await socket.next();
    socket.send("4hello", Buffer.from([1, 2, 3, 4]));
    assert.equal(await socket.next(), "4hello");
    assert.deepEqual(await socket.next(), Buffer.from([1, 2, 3, 4]));
    socket.close();
  });

  test("polling becomes WebSocket", async () => {
    const { sid } = await openPolling(http());
    const socket = new Raw(`${ws()}?EIO=4&transport=websocket&sid=${sid}`);
    await socket.opened;
    socket.send("2probe");
    assert.equal(await socket.next(), "3probe");
    const polled = await poll(sid);
    assert.equal(polled.status, 200);
    assert.equal(await polled.text(), "6");
    socket.send("5", "4hello");
    assert.equal(await socket.next(), "4hello");
    socket.close();
  });

  test("polls after the upgrade are refused", async () => {
    const { sid } = await openPolling(http());
    const socket = new Raw(`${ws()}?EIO=4&transport=websocket&sid=${sid}`);
    await socket.opened;
    socket.send("2probe");
    await socket.next();
    socket.send("5");
    assert.equal((await poll(sid)).status, 400);
    socket.send("4hello");
    assert.equal(await socket.next(), "4hello");
    socket.close();
  });

  test("a second WebSocket after the upgrade is refused", async () => {
    const { sid } = await openPolling(http());
    const socket = new Raw(`${ws()}?EIO=4&transport=websocket&sid=${sid}`);
    await socket.opened;
    socket.send("2probe");
    await socket.next();
    socket.send("5");
    await new Raw(`${ws()}?EIO=4&transport=websocket&sid=${sid}`).closed;
    socket.send("4hello");
    assert.equal(await socket.next(), "4hello");
    socket.close();
  });
});
