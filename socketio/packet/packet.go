package packet

import "encoding/json"

// Type is a packet's type, the first character on the wire ("Packet encoding").
type Type byte

// The packet types.
const (
	Connect Type = iota
	Disconnect
	Event
	Ack
	ConnectError
	BinaryEvent
	BinaryAck
)

// DefaultMaxAttachments is how many attachments a packet may have unless the
// Decoder says otherwise; the official clients have the same limit.
const DefaultMaxAttachments = 10

// Packet is one whole packet with its attachments.
type Packet struct {
	// Type is never BinaryEvent or BinaryAck: a decoded packet with attachments
	// has the type Event or Ack.
	Type Type
	// Namespace is "/" for the default one.
	Namespace string
	// ID is the acknowledgement id; it counts only when HasID is set.
	ID    uint64
	HasID bool
	// Event is the name of an Event.
	Event string
	// Args are what follows the name of an Event, or the values of an Ack. An
	// attachment stands in them as {"_placeholder":true,"num":N}.
	Args []json.RawMessage
	// Data is the object of a Connect or ConnectError; nil: none.
	Data json.RawMessage
	// Attachments are the binary parts, by number.
	Attachments [][]byte
}

// reserved are event names with a meaning of their own in the official
// libraries; a packet must not carry them.
func reserved(event string) bool {
	switch event {
	case "connect", "connect_error", "disconnect", "disconnecting", "newListener", "removeListener":
		return true
	}
	return false
}
