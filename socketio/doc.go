// Package socketio is a Socket.IO v5 server over engineio: namespaces, events
// with any JSON and binary, acknowledgements both ways, rooms, broadcast, and
// connection state recovery through a SessionStore.
//
// The rules that the server keeps are numbered in docs/spec/socketio.md; the
// comments and tests here quote them as SIO-n.
package socketio
