// Package relay turns each tenant's log into a live stream.
//
// One loop a tenant reads committed events after its position, encodes each
// once and hands it to the Sink in seq order. The node that committed hands its
// own events over in memory (Committed); anything else that makes the relay
// look, such as a hint from another node or the slow poll, only wakes it, so a
// lost hint costs time and never an event.
//
// Everything that must happen at one position of the log (a socket joining a
// room, a replay turning live) runs inside the loop through Do: no event can
// be delivered while it runs, so what was replayed and what follows live meet
// without a gap or an overlap and without a lock that anyone has to remember.
package relay
