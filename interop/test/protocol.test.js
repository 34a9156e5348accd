// The checks of the official Socket.IO v5 protocol test suite
// (github.com/socketio/socket.io, docs/socket.io-protocol/v5-test-suite, MIT), written anew for this server.
// Those of the Engine.IO protocol that it holds are in engine.test.js.
import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { withServer } from "../server.js";
import { Raw } from "../raw.js";

const server = withServer("--ping-interval", "300ms", "--ping-timeout", "30s");
const hasty = withServer("--ping-timeout", "30s", "--connect-timeout", "400ms");
const url = (of = server) => `${of.url.replace("http", "ws")}/socket.io/?EIO=4&transport=websocket`;

/** Opens a connection and joins the main namespace. */
async function connected() {
  const socket = new Raw(url());
  await socket.next(); // OPEN
  socket.send("40");
  await socket.take(2); // CONNECT, "auth"
  return socket;
}

const two = `{"_placeholder":true,"num":0},{"_placeholder":true,"num":1}`;
const blobs = [Buffer.from([1, 2, 3]), Buffer.from([4, 5, 6])];

describe("connect", () => {
  for (const [name, sent, answer, auth] of [
    ["the main namespace (SIO-12)", "40", "40", `42["auth",{}]`],
    ["the main namespace with a payload (SIO-17)", `40{"token":"123"}`, "40", `42["auth",{"token":"123"}]`],
    ["a custom namespace (SIO-12)", "40/custom,", "40/custom,", `42/custom,["auth",{}]`],
    ["a custom namespace with a payload (SIO-17)", `40/custom,{"token":"abc"}`, "40/custom,", `42/custom,["auth",{"token":"abc"}]`],
  ]) {
    test(name, async () => {
      const socket = new Raw(url());
      await socket.next();
      socket.send(sent);
      const [connect, echo] = await socket.take(2);
      assert.ok(connect.startsWith(answer), connect);
      const body = JSON.parse(connect.slice(answer.length));
      assert.deepEqual(Object.keys(body), ["sid"]);
      assert.equal(typeof body.sid, "string");
      assert.equal(echo, auth);
      socket.close();
    });
  }

  test("each message can be listened for anew (SIO-16)", async () => {
    // As the official suite does: what comes together with the CONNECT answer would be missed. The client must get its
    // turn within the server's pause for this, so a busy machine may miss some.
    const next = (socket) => new Promise((resolve) => socket.ws.once("message", (data) => resolve(data.toString())));
    let met = 0;
    for (let i = 0; i < 100 && met < 5; i++) {
      const socket = new Raw(url());
      await next(socket);
      socket.send("40");
      await next(socket);
      if ((await next(socket)) === `42["auth",{}]`) met++; // else a ping
      socket.close();
    }
    assert.equal(met, 5);
  });

  test("an unknown namespace (SIO-14)", async () => {
    const socket = new Raw(url());
    await socket.next();
    socket.send("40/random");
    assert.equal(await socket.next(), `44/random,{"message":"Invalid namespace"}`);
    socket.close();
  });

  test("an invalid handshake (SIO-11)", async () => {
    const socket = new Raw(url());
    await socket.next();
    socket.send("4abc");
    await socket.closed;
  });

  test("no handshake (SIO-15)", async () => {
    await new Raw(url(hasty)).closed;
  });
});

describe("disconnect", () => {
  test("from the main namespace: the connection stays (SIO-30)", async () => {
    const socket = await connected();
    socket.send("41");
    assert.equal(await socket.next(), "2");
    socket.close();
  });

  test("from a custom namespace (SIO-30)", async () => {
    const socket = await connected();
    socket.send("40/custom");
    await socket.take(2);
    socket.send("41/custom", `42["message","message to main namespace"]`);
    assert.deepEqual(await socket.take(1), [`42["message-back","message to main namespace"]`]);
    socket.close();
  });
});

describe("message", () => {
  for (const [name, sent, want] of [
    ["plain (SIO-1)", [`42["message",1,"2",{"3":[true]}]`], [`42["message-back",1,"2",{"3":[true]}]`]],
    ["binary (SIO-7)", [`452-["message",${two}]`, ...blobs], [`452-["message-back",${two}]`, ...blobs]],
    ["plain with an ack (SIO-41)", [`42456["message-with-ack",1,"2",{"3":[false]}]`], [`43456[1,"2",{"3":[false]}]`]],
    ["binary with an ack (SIO-41)", [`452-789["message-with-ack",${two}]`, ...blobs], [`462-789[${two}]`, ...blobs]],
  ]) {
    test(name, async () => {
      const socket = await connected();
      socket.send(...sent);
      assert.deepEqual(await socket.take(want.length), want);
      socket.close();
    });
  }

  for (const [name, sent] of [
    ["an unknown packet type", "4abc"],
    ["an invalid payload", "42{}"],
    ["an invalid ack id", `42abc["message-with-ack",1,"2",{"3":[false]}]`],
  ]) {
    test(`${name} closes the connection (SIO-11)`, async () => {
      const socket = await connected();
      socket.send(sent);
      await socket.closed;
    });
  }
});
