package adapter

import (
	"context"
	"encoding/json"
)

// Member is a socket as an adapter sees it. Two members are the same when they
// are equal (==).
type Member interface {
	// ID is the socket's id. As a room's name it addresses this socket alone.
	ID() string
	// Membership is where a *Memory notes the member's rooms.
	Membership() *Membership
}

// Target says which sockets of a namespace are meant: those in any of Rooms (all
// of them if there is none), but those that are in any of Except. A room's name
// may be a socket's id.
type Target struct {
	Rooms  []string `json:"rooms,omitempty"`
	Except []string `json:"except,omitempty"`
}

// Adapter keeps the rooms of one namespace. All methods are safe for concurrent
// use. A change of rooms is seen by every Each that starts after it returns.
type Adapter interface {
	// Add makes a socket known; before it the socket is in no room. Of two
	// members with the same id the later is known by it.
	Add(m Member)
	// Remove takes a socket out of all rooms and forgets it. It is then in no
	// room for good: a later Join has no effect.
	Remove(m Member)
	// Join and Leave change a known socket's rooms.
	Join(m Member, rooms ...string)
	Leave(m Member, rooms ...string)
	// Rooms lists a socket's rooms, without its own id, in the order of joining.
	Rooms(m Member) []string
	// Each calls fn once for every socket of this node that t means, in no
	// order. No lock is held meanwhile: fn may call any method.
	Each(t Target, fn func(Member))
	// Len is the number of known sockets of this node.
	Len() int

	// Publish has the other nodes carry out op on their sockets that t means.
	// What one goroutine publishes arrives everywhere in its order.
	Publish(ctx context.Context, t Target, op Op) error
	// Ask puts a question to the other nodes and calls fn, one call at a time,
	// with each answer, until all nodes have answered or ctx is done.
	Ask(ctx context.Context, t Target, q Question, fn func(Answer)) error
	// Close ends what the adapter runs.
	Close() error
}

// Host is the namespace that an adapter serves: what comes from another node is
// for it to carry out on its own sockets.
type Host interface {
	Apply(t Target, op Op)
	Answer(ctx context.Context, t Target, q Question, fn func(Answer))
}

// Op is something to be done to many sockets. Exactly one part is set.
type Op struct {
	Emit       *Message    `json:"emit,omitempty"`
	Join       []string    `json:"join,omitempty"`
	Leave      []string    `json:"leave,omitempty"`
	Disconnect *Disconnect `json:"disconnect,omitempty"`
}

// Message is an encoded event packet without an acknowledgement id.
type Message struct {
	Text        []byte   `json:"text"`
	Attachments [][]byte `json:"attachments,omitempty"`
	Volatile    bool     `json:"volatile,omitempty"`
}

// Disconnect ends sockets, or with Transport set whole connections.
type Disconnect struct {
	Transport bool `json:"transport,omitempty"`
}

// Question asks every socket that is meant. With Event set it is an event that
// wants an acknowledgement; without, the question is who is there.
type Question struct {
	Event string            `json:"event,omitempty"`
	Args  []json.RawMessage `json:"args,omitempty"`
	// Attachments are those that placeholders in Args number.
	Attachments [][]byte `json:"attachments,omitempty"`
}

// Answer is one socket's.
type Answer struct {
	SocketID string   `json:"id"`
	Rooms    []string `json:"rooms,omitempty"`
	// Data is what the application set on the socket, as JSON.
	Data json.RawMessage `json:"data,omitempty"`
	// Args and Attachments are what it acknowledged with.
	Args        []json.RawMessage `json:"args,omitempty"`
	Attachments [][]byte          `json:"attachments,omitempty"`
	// Missing is set when the socket gave no acknowledgement.
	Missing bool `json:"missing,omitempty"`
}
