package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/agentportal/portal/internal/queue"
)

const (
	heartbeat   = 10 * time.Second
	dialTimeout = 2 * time.Second
	// writeTimeout ends a connection whose broker takes nothing more.
	writeTimeout = 10 * time.Second
	// Attempts to connect are between firstRetry and lastRetry apart: with dialTimeout, a broker that is back is
	// in use within 5 s.
	firstRetry = 100 * time.Millisecond
	lastRetry  = time.Second
)

// link keeps one connection to the broker.
type link struct {
	url   string
	props amqp.Table
	log   *slog.Logger
	conn  *slot[amqp.Connection]
}

func newLink(cfg Config, role string) *link {
	props := amqp.NewConnectionProperties()
	props.SetClientConnectionName(cfg.Name + " (" + role + ")")
	return &link{url: cfg.URL, props: props, log: cfg.Log.With("connection", role), conn: newSlot[amqp.Connection]()}
}

// run connects, again and again, until ctx is done.
func (l *link) run(ctx context.Context) {
	wait := firstRetry
	level := slog.LevelDebug // whoever starts says itself that it can't; from then on it's news
	for ctx.Err() == nil {
		conn, err := l.dial(ctx)
		if err != nil {
			if l.conn.set(nil, trouble(err)) && ctx.Err() == nil {
				l.log.Log(ctx, level, "can't reach the broker, trying again", "error", err)
			}
			pause(ctx, wait)
			wait = min(2*wait, lastRetry)
			continue
		}
		wait, level = firstRetry, slog.LevelWarn
		l.hold(ctx, conn)
	}
	l.conn.set(nil, queue.ErrClosed)
}

// hold offers a connection until it breaks or ctx is done.
func (l *link) hold(ctx context.Context, conn *amqp.Connection) {
	broken := conn.NotifyClose(make(chan *amqp.Error, 1))
	l.conn.set(conn, nil)
	l.log.Info("connected to the broker")
	select {
	case err := <-broken:
		l.log.Warn("lost the broker, connecting again", "error", err)
		l.conn.set(nil, fmt.Errorf("connection lost: %w", err))
	case <-ctx.Done():
		l.conn.set(nil, queue.ErrClosed)
	}
	// Bounded, since it waits for the broker's answer. An error means that it is closed already.
	_ = conn.CloseDeadline(time.Now().Add(dialTimeout))
}

// dial opens one connection. The context ends a handshake too, which the library would sit out.
func (l *link) dial(ctx context.Context) (*amqp.Connection, error) {
	var raw net.Conn
	stop := func() bool { return true }
	conn, err := amqp.DialConfig(l.url, amqp.Config{
		Heartbeat:  heartbeat,
		Properties: l.props,
		Dial: func(network, addr string) (net.Conn, error) {
			c, err := dialTCP(ctx, network, addr)
			if err != nil {
				return nil, err
			}
			raw = c
			stop = context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now()) })
			return c, nil
		},
	})
	stop()
	if err != nil && raw != nil {
		_ = raw.Close() // the library leaves it open, and its reader with it
	}
	if err != nil {
		return nil, err
	}
	return conn, nil
}

// dialTCP connects with keep-alives, so that a peer that went away without a word (power, cable) is noticed
// within about 8 s, and, once it is back, within 2 s.
func dialTCP(ctx context.Context, network, addr string) (net.Conn, error) {
	d := net.Dialer{
		Timeout:         dialTimeout,
		KeepAliveConfig: net.KeepAliveConfig{Enable: true, Idle: 2 * time.Second, Interval: 2 * time.Second, Count: 3},
	}
	c, err := d.DialContext(ctx, network, addr)
	if err != nil {
		return nil, err
	}
	// Of the handshake; the library clears it afterwards.
	if err := c.SetReadDeadline(time.Now().Add(dialTimeout)); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &boundedConn{c}, nil
}

// boundedConn is a connection on which no write takes forever: the library writes without a deadline, and a
// broker that reads no more would hold up every acknowledgement.
type boundedConn struct{ net.Conn }

// Write fails after [writeTimeout].
func (c *boundedConn) Write(p []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(p)
}
