// Package interop holds no code, only the test that runs the npm workspace of
// this folder: the official Socket.IO clients and the protocols' checks against
// cmd/ioserver.
package interop
