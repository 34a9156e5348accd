// Package packet is the codec of Socket.IO v5 packets, as the reference parser
// (socket.io-parser 4.x) reads and writes them: bytes to values and back.
//
// It is pure: no I/O, no goroutine, no clock. A Decoder is used by one
// goroutine at a time; everything else is safe for concurrent use.
//
// On the wire a packet is one text message
//
//	<type>[<number of attachments>-][<namespace>,][<ack id>][<JSON>]
//
// followed by its attachments, each a binary message. The sections quoted here
// are those of "The Socket.IO protocol, revision 5"; the rules quoted as SIO-n
// are in docs/spec/socketio.md.
package packet
