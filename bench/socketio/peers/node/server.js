// The peers on Node: socket.io with its default engine or with uWebSockets.
// usage: node server.js PORT ws|uws
"use strict";
const { Server } = require("socket.io");

const [port, engine] = process.argv.slice(2);
const options = { serveClient: false, cors: { origin: "*" }, perMessageDeflate: false };
const io = engine === "uws" ? new Server(options) : new Server(Number(port), options);

io.on("connection", (socket) => {
  socket.emit("auth", socket.handshake.auth);
  socket.on("join", (room, ack) => {
    socket.join(room);
    ack({ ok: true });
  });
  socket.on("echo", (value, ack) => ack(value));
  socket.on("bench:emit", ({ room, payload }, ack) => {
    io.to(room).emit("message:new", payload);
    ack({ ok: true });
  });
});

if (engine === "uws") {
  const { App } = require("uwebsockets");
  const app = App();
  io.attachApp(app);
  app.listen("127.0.0.1", Number(port), () => {});
}
