// Package adapter holds the rooms of a namespace and who is in them, and is
// where a namespace meets its other nodes.
//
// Memory keeps the rooms of one node. An adapter for several nodes embeds a
// *Memory for its own sockets and adds Publish and Ask: it sends what it is
// given to the other nodes, whose adapters hand it to their Host.
//
// Package adaptertest holds the suite that every adapter passes.
package adapter
