package engineio

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"runtime"
	"sync"
	"sync/atomic"
)

// Errors of Conn's sending methods.
var (
	// ErrQueueFull says that the connection's queue was full: the connection
	// is being closed with reason "slow".
	ErrQueueFull = errors.New("engineio: queue full")
	// ErrClosed says that the connection is closed or closing.
	ErrClosed = errors.New("engineio: connection closed")
)

// Message is one message from the client. Data of a text message is valid
// UTF-8, and valid only during the call that delivers it: keep a copy, not the
// slice. Data of a binary message is the receiver's own, to keep or to change.
type Message struct {
	Binary bool
	Data   []byte
}

// Receiver gets what a connection delivers, one call at a time, in order.
type Receiver interface {
	// Receive gets one message. The connection's reader waits for it: until it
	// returns, nothing further is read from this client, pongs included.
	Receive(m Message)
	// Closed is called exactly once and is the last call.
	Closed(reason CloseReason)
}

// Handshake is what is kept of the request that opened a session. It is not to
// be changed.
type Handshake struct {
	URL        *url.URL
	Header     http.Header // without what only concerns the WebSocket's opening
	Host       string
	RemoteAddr string
}

// state is how far a Conn's life has come. It only moves forward.
type state uint8

const (
	opening state = iota // Accept has not returned
	open
	closing // the end is decided on and what waits is being flushed
	closed  // nothing is sent or delivered any more
)

// Conn is one session with a client. Its methods are safe for concurrent use.
type Conn struct {
	// First what every message to the client needs, close together: one of
	// thousands of connections is seldom in the processor's cache, and fetching
	// a line of it costs more than what is done with it.
	mu        sync.Mutex
	state     state
	scheduled bool        // a flush is on its way
	writing   bool        // someone writes; sock's bytes and descriptor are theirs
	waiting   bool        // whoever writes waits, for the network or for a gap to pass
	deflates  atomic.Bool // sock takes compressed messages, from now on
	sock      *socket     // the WebSocket, once it is the transport
	srv       *Server
	queue     queue
	room      chan struct{} // closed when SendWait may look again; nil: nobody waits

	// deliver is held while the Receiver is called. It is taken before mu.
	deliver sync.Mutex
	recv    Receiver

	id     string
	asked  *requests
	done   chan struct{}
	reason CloseReason // once closing
	onPong func()
	beat   beat

	ended bool // done is closed

	// While polling is the transport:
	posting  bool    // a POST is being read
	probed   bool    // probe has been sent "3probe"
	farewell bool    // closed by its client: one poll is still answered
	poll     *poll   // the GET that hangs
	probe    *socket // the WebSocket of an upgrade under way
}

func newConn(s *Server, r *http.Request) *Conn {
	return &Conn{srv: s, id: newID(), asked: &requests{Handshake: newHandshake(r)}, done: make(chan struct{})}
}

// ID is the session's id: 20 URL-safe characters, unguessable.
func (c *Conn) ID() string { return c.id }

// Request is what the session was opened with; not to be changed.
func (c *Conn) Request() *Handshake { return &c.asked.Handshake }

// Transport is Polling or WebSocket.
func (c *Conn) Transport() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.sock != nil {
		return WebSocket
	}
	return Polling
}

// OnPong sets what is called after each pong; nil: nothing. It is called like
// the Receiver's methods, never at the same time as one of them.
func (c *Conn) OnPong(fn func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.onPong = fn
}

// Done is closed when the connection has ended, possibly before the Receiver
// has returned from its last message.
func (c *Conn) Done() <-chan struct{} { return c.done }

// Send queues frames as adjacent messages, all or none, and doesn't wait for
// them to be written. ErrQueueFull means that the connection is now being
// closed with reason "slow".
func (c *Conn) Send(frames ...*Frame) error {
	frames = c.compressed(frames)
	c.mu.Lock()
	full := c.state < closing && !c.makeRoom(frames)
	if c.state >= closing {
		c.mu.Unlock()
		return ErrClosed
	}
	if full {
		c.mu.Unlock()
		c.end(CloseReason{Code: ReasonSlow, Err: ErrQueueFull, ComeBack: true})
		return ErrQueueFull
	}
	c.queue.push(frames...)
	c.wake()
	c.mu.Unlock()
	return nil
}

// compressed returns the frames in the form that the client takes. It is called
// without mu, for compressing takes its time; what is queued before an upgrade
// goes out as it is.
func (c *Conn) compressed(frames []*Frame) []*Frame {
	if !c.deflates.Load() {
		return frames
	}
	forms := make([]*Frame, len(frames))
	for i, f := range frames {
		forms[i] = f.deflated(c.srv.cfg.CompressFrom, c.srv.stats.countCompressed)
	}
	return forms
}

// makeRoom says whether the queue takes frames. A full one is written down as
// far as the network takes it: a burst that came faster than anybody could write
// isn't the client's slowness. Called with mu held, which it may let go of for a
// moment.
func (c *Conn) makeRoom(frames []*Frame) bool {
	cfg := &c.srv.cfg
	for !c.queue.fits(frames, cfg.QueueBytes, cfg.QueuePackets) {
		if c.sock == nil || c.waiting || c.state != open {
			return false
		}
		writing := c.writing
		c.mu.Unlock()
		if writing {
			runtime.Gosched() // it takes no longer than one write
		} else {
			c.flushNow()
		}
		c.mu.Lock()
	}
	return true
}

// SendVolatile queues frames as Send does, unless the connection is closed or
// the queue would be more than half full: then it drops them and returns false.
func (c *Conn) SendVolatile(frames ...*Frame) bool {
	frames = c.compressed(frames)
	c.mu.Lock()
	defer c.mu.Unlock()
	cfg := &c.srv.cfg
	if c.state >= closing || !c.queue.fits(frames, cfg.QueueBytes/2, cfg.QueuePackets/2) {
		c.srv.stats.dropped.Add(1)
		return false
	}
	c.queue.push(frames...)
	c.wake()
	return true
}

// SendWait queues frames as Send does, once the queue is at most a quarter
// full. It never closes the connection as slow. It returns ErrClosed or the
// error of ctx when it gave up.
func (c *Conn) SendWait(ctx context.Context, frames ...*Frame) error {
	frames = c.compressed(frames)
	for {
		room, err := c.trySend(frames)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-c.done:
			return ErrClosed
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// trySend queues frames or returns what to wait for first.
func (c *Conn) trySend(frames []*Frame) (wait <-chan struct{}, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.state >= closing {
		return nil, ErrClosed
	}
	if !c.roomy() {
		if c.room == nil {
			c.room = make(chan struct{})
		}
		return c.room, nil
	}
	c.queue.push(frames...)
	c.wake()
	return nil, nil
}

// roomy says whether at most a quarter of the queue is taken.
func (c *Conn) roomy() bool {
	cfg := &c.srv.cfg
	return c.queue.bytes <= cfg.QueueBytes/4 && c.queue.packets <= cfg.QueuePackets/4
}

// written counts off what has been written and lets SendWait go on.
func (c *Conn) written(bytes, packets int) {
	c.queue.done(bytes, packets)
	if c.room != nil && (c.state >= closing || c.roomy()) {
		close(c.room)
		c.room = nil
	}
}

// wake gets what is queued on its way. Called with mu held.
func (c *Conn) wake() {
	if c.sock == nil {
		if c.poll != nil {
			c.poll.wake()
		}
		return
	}
	if !c.scheduled && !c.writing && c.state != opening {
		c.scheduled = true
		c.srv.flusher.add(c)
	}
}

// receive delivers one message.
func (c *Conn) receive(m Message) {
	c.deliver.Lock()
	defer c.deliver.Unlock()
	if c.isOpen() {
		c.recv.Receive(m)
	}
}

func (c *Conn) isOpen() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.state == open
}
