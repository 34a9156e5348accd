package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/internal/bridge"
	"github.com/agentportal/portal/internal/config"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/live"
	"github.com/agentportal/portal/internal/ops"
	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/store/postgres"
	"github.com/agentportal/portal/internal/whatsapp"
	"github.com/agentportal/portal/socketio"
)

// How a drain spends its 10 s.
const (
	drainSockets = 2 * time.Second // sockets are closed over this, so that clients don't return all at once
	drainAll     = 9 * time.Second
)

// What the contract says of sockets.
const (
	pingInterval = 10 * time.Second
	pingTimeout  = 5 * time.Second
	maxPacket    = 1 << 20
)

// portalServer is one running portal.
type portalServer struct {
	cfg        config.Portal
	log        *slog.Logger
	db         database
	queue      queue.Queue
	closeQueue func() error
	auth       *auth.Auth
	desk       *desk.Desk
	live       *live.Live
	nodes      *nodes // nil: this is the only one
	bridge     *bridge.Bridge
	sender     *whatsapp.Sender
	health     *ops.Health
	metrics    *ops.Metrics
	http       *http.Server
	listener   net.Listener
}

// serve runs a portal until ctx is done, then drains it.
func serve(ctx context.Context, c config.Serve) error {
	p, err := newPortal(ctx, c.Portal)
	if err != nil {
		return err
	}
	return p.run(ctx)
}

// newPortal opens and wires everything; nothing runs yet.
func newPortal(ctx context.Context, c config.Portal) (_ *portalServer, err error) {
	p := &portalServer{cfg: c, log: newLogger(c.Log), metrics: ops.NewMetrics(version())}
	defer func() {
		if err != nil {
			p.close()
		}
	}()
	if p.listener, err = net.Listen("tcp", c.Addr); err != nil {
		return nil, &noPlace{err, "--addr (PORTAL_ADDR)"}
	}
	as := serves
	if c.BrokerURL == "" {
		as = servesAlone
	}
	if p.db, err = openDatabase(ctx, c.Database, as, p.log); err != nil {
		return nil, err
	}
	if p.queue, p.closeQueue, err = openQueue(ctx, c, p.db, p.log); err != nil {
		return nil, err
	}
	if p.auth, err = auth.New(ctx, auth.Config{
		Store: p.db, Secret: c.JWTSecret, AccessTTL: c.AccessTTL, RefreshTTL: c.RefreshTTL,
	}); err != nil {
		return nil, err
	}
	p.health = ops.NewHealth(ops.HealthConfig{Database: p.db, Broker: p.queue, Queues: []string{c.InboundQueue, c.StatusQueue}, Logger: p.log})
	p.desk = desk.New(desk.Config{
		Store: ops.WatchStore(p.db, p.metrics, p.health), Logger: p.log, HashPassword: auth.HashPassword,
		SendReady: func() { p.sender.Wake() },
	})
	p.sender = whatsapp.NewSender(whatsapp.SenderConfig{
		Outbox: p.desk, GraphURL: c.GraphURL, Logger: p.log, Done: p.metrics.Sent,
	})
	p.bridge = bridge.New(bridge.Config{
		Queue: p.queue, Desk: p.desk, InboundQueue: c.InboundQueue, StatusQueue: c.StatusQueue, Logger: p.log,
		Ready: p.health.Trouble,
		Metrics: bridge.Metrics{
			Applied: p.metrics.Applied, Dead: p.metrics.Dead, Retried: p.metrics.Retried, UnknownStatus: p.metrics.UnknownStatus,
		},
	})
	if p.nodes, err = p.openNodes(ctx); err != nil {
		return nil, err
	}
	if p.live, err = live.New(ctx, p.liveConfig()); err != nil {
		return nil, err
	}
	p.db.OnCommit(p.committed)
	if p.http, err = p.newHTTP(); err != nil {
		return nil, err
	}
	return p, nil
}

// committed hands what this process has committed to its own sockets and tells
// the other nodes.
func (p *portalServer) committed(tenantID string, events []portal.Event) {
	failpoint.Hit(failpoint.EventsCommitted)
	p.live.Committed(tenantID, events)
	if p.nodes != nil {
		p.nodes.committed(tenantID, events)
	}
}

func (p *portalServer) liveConfig() live.Config {
	node, _ := os.Hostname() // only a name among others
	var peers live.Peers
	if p.nodes != nil {
		peers = p.nodes
	}
	return live.Config{
		Peers: peers,
		Store: p.db, Access: p.auth, Desk: p.desk, Logger: p.log,
		Node:   fmt.Sprintf("%s-%d", node, os.Getpid()),
		Shared: p.cfg.Database.PostgresURL != "",
		Socket: socketio.Config{Logger: p.log, Engine: engineio.Config{
			PingInterval: pingInterval, PingTimeout: pingTimeout, MaxPayload: maxPacket,
			AllowOrigin: allowOrigin(p.cfg.AllowedOrigins), Logger: p.log,
		}},
		Ready:        p.health.Serving,
		ConfirmEvery: min(time.Hour, p.cfg.LogRetention/4),
	}
}

// run serves until ctx is done, or until a part fails for good, and drains.
func (p *portalServer) run(ctx context.Context) error {
	defer p.close()
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	defer stopWork()
	failed := make(chan error, 8)
	var parts sync.WaitGroup
	start := func(name string, run func(context.Context) error) {
		parts.Go(func() {
			if err := run(work); err != nil && work.Err() == nil {
				failed <- fmt.Errorf("%s: %w", name, err)
			}
		})
	}
	if shared, ok := p.db.(*postgres.Store); ok {
		start("place", shared.Hold)
	}
	start("sign-ins", p.auth.Run)
	start("sockets", p.live.Run)
	if p.nodes != nil {
		start("hints", p.hear)
	}
	start("queues", p.bridge.Run)
	start("sender", p.sender.Run)
	start("upkeep", p.upkeep)
	start("health", p.health.Run)
	parts.Go(func() {
		if err := p.accept(); !errors.Is(err, http.ErrServerClosed) {
			failed <- err
		}
	})
	p.log.Info("listening", "addr", p.listener.Addr().String())

	var cause error
	select {
	case <-ctx.Done():
	case cause = <-failed:
	}
	p.log.Info("draining")
	p.health.Drain()
	stopWork() // nothing new is taken; what is held is finished
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainAll)
	defer cancel()
	if err := p.live.Shutdown(limit, drainSockets); err != nil {
		p.log.Warn("not all sockets were closed in time", "err", err)
	}
	if err := p.http.Shutdown(limit); err != nil {
		_ = p.http.Close()
	}
	done := make(chan struct{})
	go func() { parts.Wait(); close(done) }()
	select {
	case <-done:
	case <-limit.Done():
		p.log.Warn("not everything was finished in time; what wasn't is done after the next start")
	}
	p.log.Info("stopped")
	return cause
}

// close ends what is open; it is safe on a half-made portal.
func (p *portalServer) close() {
	if p.live != nil {
		_ = p.live.Close()
	}
	if p.listener != nil {
		_ = p.listener.Close()
	}
	if p.closeQueue != nil {
		if err := p.closeQueue(); err != nil {
			p.log.Warn("the queue didn't close cleanly", "err", err)
		}
	}
	if p.db != nil {
		if err := p.db.Close(); err != nil {
			p.log.Warn("the database didn't close cleanly", "err", err)
		}
	}
}
