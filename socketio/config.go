package socketio

import (
	"context"
	"log/slog"
	"time"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio/adapter"
	"github.com/agentportal/portal/socketio/packet"
)

// Config is what a Server runs by. Its zero value works.
type Config struct {
	// Engine configures the transport below; Accept is set by socketio.
	Engine engineio.Config
	// ConnectTimeout closes a connection that has joined no namespace; 0: 45 s.
	ConnectTimeout time.Duration
	// MaxAttachments bounds a packet's attachments, both ways; 0: 10, which is
	// also what the official clients accept.
	MaxAttachments int
	// MaxNamespaces bounds the namespaces that one connection is in; 0: 100.
	MaxNamespaces int
	// HoldPackets and HoldBytes bound what waits for a socket behind Hold; a
	// client that sends more is closed with ReasonFlood. 0: 4096 and 4 MiB.
	HoldPackets, HoldBytes int
	// Sessions keeps what recovery needs; nil: no recovery.
	Sessions SessionStore
	// Adapter makes the adapter of a namespace; nil: adapter.NewMemory, for one node.
	Adapter func(namespace string, host adapter.Host) adapter.Adapter
	// BadArgument is told of an event whose argument a handler bound with the
	// function On could not decode; nil: such an event is ignored.
	BadArgument func(ctx context.Context, c *Call, err error)
	// Logger takes what an operator should see; nil: discarded.
	Logger *slog.Logger
}

// withDefaults fills in what is zero.
func (c Config) withDefaults() Config {
	if c.ConnectTimeout <= 0 {
		c.ConnectTimeout = 45 * time.Second
	}
	if c.MaxAttachments <= 0 {
		c.MaxAttachments = packet.DefaultMaxAttachments
	}
	if c.MaxNamespaces <= 0 {
		c.MaxNamespaces = 100
	}
	if c.HoldPackets <= 0 {
		c.HoldPackets = 4096
	}
	if c.HoldBytes <= 0 {
		c.HoldBytes = 4 << 20
	}
	if c.Adapter == nil {
		c.Adapter = func(string, adapter.Host) adapter.Adapter { return adapter.NewMemory() }
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}
