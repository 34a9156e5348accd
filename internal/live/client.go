package live

import (
	"context"
	"errors"
	"maps"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/socketio"
)

// What a socket may do. Clients may always send 200 events a second with bursts
// of 1,000, and 20 of typing with bursts of 40; the rest is room for what the
// network holds up and then brings at once.
const (
	eventRate, eventBurst   = 250, 1200
	typingRate, typingBurst = 25, 60
)

// client is what live knows of a socket. who, expires, pid and generation are
// set before the CONNECT answer and don't change.
type client struct {
	socket     *socketio.Socket
	who        portal.Identity
	expires    time.Time // of the token that it connected with
	pid        string
	generation int64
	signOuts   int64 // how many Live had heard of when the token was checked

	events, typing *rate.Limiter

	mu     sync.Mutex
	rooms  map[string]int64 // conversation id → seq at which it was joined
	expiry *time.Timer      // ends the socket with its token
	until  time.Time        // when that is
	over   bool

	live     atomic.Bool  // the replay has met the relay's loop
	pong     atomic.Int64 // position when the last pong came
	received atomic.Int64 // position that is known to have arrived
}

func newClient(s *socketio.Socket, who portal.Identity) *client {
	return &client{
		socket: s,
		who:    who,
		events: rate.NewLimiter(eventRate, eventBurst),
		typing: rate.NewLimiter(typingRate, typingBurst),
		rooms:  map[string]int64{},
	}
}

func clientOf(s *socketio.Socket) *client {
	c, _ := s.Data().(*client)
	return c
}

// endedByClient tells whether the client itself has disconnected.
func (c *client) endedByClient() bool {
	var reason socketio.DisconnectReason
	return errors.As(context.Cause(c.socket.Context()), &reason) && reason.Code == socketio.ReasonClient
}

// joined returns a copy of the rooms.
func (c *client) joined() map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.rooms)
}

// enter notes that a room was joined at pos; a room already joined keeps its
// earlier position. The copy is what is to be stored.
func (c *client) enter(conversationID string, pos int64) map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.rooms[conversationID]; !ok {
		c.rooms[conversationID] = pos
	}
	return maps.Clone(c.rooms)
}

// without returns a copy of the rooms but one.
func (c *client) without(conversationID string) map[string]int64 {
	rooms := c.joined()
	delete(rooms, conversationID)
	return rooms
}

// exit forgets a room.
func (c *client) exit(conversationID string) map[string]int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	delete(c.rooms, conversationID)
	return maps.Clone(c.rooms)
}

func (c *client) isIn(conversationID string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	_, ok := c.rooms[conversationID]
	return ok
}

// endAt disconnects the socket when its token runs out, and tells when that is:
// a token that ends earlier than the one it has doesn't shorten its life. The
// stored session stays: with a fresh token the client recovers.
func (c *client) endAt(expires, now time.Time) time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.over || !expires.After(c.until) {
		return c.until
	}
	c.until = expires
	if c.expiry == nil {
		c.expiry = time.AfterFunc(expires.Sub(now), c.socket.Disconnect)
	} else {
		c.expiry.Reset(expires.Sub(now))
	}
	return c.until
}

// expiredAt tells whether the token that the socket lives by has run out.
func (c *client) expiredAt(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.over && !c.until.IsZero() && !c.until.After(now)
}

// end stops the timer.
func (c *client) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.over = true
	if c.expiry != nil {
		c.expiry.Stop()
	}
}
