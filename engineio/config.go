package engineio

import (
	"log/slog"
	"net/http"
	"slices"
	"time"
)

// Names of the transports, as in the query and in Config.Transports.
const (
	Polling   = "polling"
	WebSocket = "websocket"
)

// Config is what a Server runs by. Its zero value works: it accepts every
// session of the same origin and ignores its messages.
type Config struct {
	// PingInterval is the time between two pings; 0: 25 s.
	PingInterval time.Duration
	// PingTimeout is how long after a ping its pong may come; 0: 20 s.
	PingTimeout time.Duration
	// MaxPayload bounds, in bytes, a packet and the body of a POST; 0: 1,000,000.
	MaxPayload int
	// Transports lists what clients may use; nil: polling and websocket.
	Transports []string
	// CompressFrom turns compression of WebSocket messages on (permessage-deflate,
	// RFC 7692) for the clients that offer it, and is the size, in bytes, from
	// which a message is compressed; 0: no compression. It saves bytes and costs
	// processor time, but no memory per connection: each message is compressed by
	// itself, a broadcast once for all. Don't use it where messages carry a secret
	// beside what strangers write: over TLS too, lengths tell.
	CompressFrom int
	// UpgradeTimeout bounds the time from the WebSocket's opening to "5"; 0: 10 s.
	UpgradeTimeout time.Duration
	// AllowRequest, when set, decides on every handshake. A *RefuseError sets
	// the answer's status; any other error answers 403 with code 4.
	AllowRequest func(*http.Request) error
	// AllowOrigin decides on a request that carries an Origin header; nil: the
	// same origin only. A request without Origin is always allowed. A refused
	// origin gets no CORS grant and no session (403).
	AllowOrigin func(*http.Request) bool
	// Cookie, when set, is the template of the cookie that tells a sticky
	// balancer the session: its value is set to the session's id.
	Cookie *http.Cookie
	// QueueBytes bounds what waits for one connection, in bytes; 0: 4 MiB. A
	// packet that alone is larger is taken when nothing else waits.
	QueueBytes int
	// QueuePackets bounds what waits for one connection, in packets; 0: 4096.
	QueuePackets int
	// Logger takes what an operator should see; nil: discarded.
	Logger *slog.Logger
	// Accept is called for every new session, before its reader starts, and
	// returns what receives its messages; nil: they are ignored. It may already
	// call the Conn's methods; the client's handshake waits for it.
	Accept func(c *Conn) Receiver
}

// withDefaults returns the configuration with every zero replaced.
func (c Config) withDefaults() Config {
	setZero(&c.PingInterval, 25*time.Second)
	setZero(&c.PingTimeout, 20*time.Second)
	setZero(&c.MaxPayload, 1_000_000)
	setZero(&c.UpgradeTimeout, 10*time.Second)
	setZero(&c.QueueBytes, 4<<20)
	setZero(&c.QueuePackets, 4096)
	if c.Transports == nil {
		c.Transports = []string{Polling, WebSocket}
	}
	if c.AllowOrigin == nil {
		c.AllowOrigin = sameOrigin
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Accept == nil {
		c.Accept = func(*Conn) Receiver { return ignore{} }
	}
	return c
}

func setZero[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

func (c *Config) allows(transport string) bool {
	return slices.Contains(c.Transports, transport)
}

// upgrades is what a session on polling is told it may upgrade to.
func (c *Config) upgrades() []string {
	if c.allows(WebSocket) {
		return []string{WebSocket}
	}
	return nil
}

// ignore is the Receiver of a server that was given none.
type ignore struct{}

func (ignore) Receive(Message)    {}
func (ignore) Closed(CloseReason) {}
