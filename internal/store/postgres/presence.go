package postgres

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentportal/portal"
	"github.com/jackc/pgx/v5"
)

// presenceLock is the class of the advisory locks that processes which serve
// hold, each under a number of its own.
const presenceLock = 0x706f7274 // "port"

const presenceRetry = 250 * time.Millisecond

// presence shows other processes that this one runs: it holds locks on a
// connection of its own, which the server gives back when that ends, however it
// ends. A process that is killed is thereby known to be gone at once.
type presence struct {
	config *pgx.ConnConfig
	id     int32
	alone  bool
	held   atomic.Bool
	ousted chan struct{} // closed once another serves in this one's place
	cancel context.CancelFunc
	done   sync.WaitGroup
}

// beginPresence takes the locks and keeps them until end. It is a Conflict where
// another process serves and one of the two is to be alone.
func beginPresence(ctx context.Context, config *pgx.ConnConfig, alone bool) (*presence, error) {
	p := &presence{config: config, id: 1 + rand.Int32N(1<<31-2), alone: alone, ousted: make(chan struct{})}
	conn, err := p.take(ctx)
	if err != nil {
		return nil, err
	}
	running, cancel := context.WithCancel(context.WithoutCancel(ctx))
	p.cancel = cancel
	p.done.Go(func() { p.keep(running, conn) })
	return p, nil
}

func (p *presence) take(ctx context.Context) (*pgx.Conn, error) {
	conn, err := pgx.ConnectConfig(ctx, p.config)
	if err != nil {
		return nil, err
	}
	if err = noticeSoon(ctx, conn); err == nil {
		err = p.takePlace(ctx, conn)
	}
	if err == nil {
		_, err = conn.Exec(ctx, `SELECT pg_advisory_lock($1::int, $2::int)`, presenceLock, p.id)
	}
	if err != nil {
		_ = conn.Close(context.WithoutCancel(ctx)) // the lock's failure is what matters
		return nil, err
	}
	p.held.Store(true)
	return conn, nil
}

// keep waits for the connection to end and makes a new one.
func (p *presence) keep(ctx context.Context, conn *pgx.Conn) {
	for {
		if conn != nil {
			_, _ = conn.WaitForNotification(ctx) // nobody notifies: it returns when the connection, or ctx, is over
			p.held.Store(false)
			closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
			_ = conn.Close(closing) // broken already, or it breaks now
			cancel()
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(presenceRetry):
		}
		attempt, cancel := context.WithTimeout(ctx, placeWait+connectTimeout)
		var err error
		conn, err = p.take(attempt) // while the database is away leases have no lessor, and run out
		cancel()
		if portal.CodeOf(err) == portal.Conflict {
			close(p.ousted)
			return
		}
	}
}

// lessor is what leases are marked with: nothing while the lock isn't held.
func (p *presence) lessor() any {
	if p == nil || !p.held.Load() {
		return nil
	}
	return p.id
}

func (p *presence) end() {
	if p != nil {
		p.cancel()
		p.done.Wait()
	}
}

// runningLessors are the processes that hold their lock.
var runningLessors = `SELECT objid::bigint FROM (` + locks(presenceLock) + `) held`

// endLeases makes due what processes that have gone had leased.
func (s *Store) endLeases(ctx context.Context) error {
	_, err := s.pooled().exec(ctx, "sends", `
		UPDATE sends SET due_at = queued_at, lessor = NULL WHERE lessor IS NOT NULL AND lessor NOT IN (`+runningLessors+`)`)
	return err
}
