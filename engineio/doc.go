// Package engineio is an Engine.IO v4 server over net/http: long polling,
// WebSocket, the upgrade from one to the other, heartbeat, limits and close;
// with compression of WebSocket messages as an option, Config.CompressFrom.
//
// A Server is an http.Handler, mounted at /engine.io/ or, below Socket.IO, at
// /socket.io/. For every new session it calls Config.Accept, which returns the
// Receiver of that session's messages.
//
// The rules that the server keeps are numbered in docs/spec/engineio.md; the
// comments and tests here quote them as EIO-n.
package engineio
