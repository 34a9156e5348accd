// Package desk holds the use cases of the inbox: what customers, their phones
// and agents can make happen, one verb a file. All business rules live here
// once; databases, queues, sockets and HTTP are elsewhere.
//
// Every change commits in one transaction together with the events that tell of
// it. Methods may be called by several goroutines. Failures are portal.Errors;
// what is another tenant's is NotFound, told before a viewer's Forbidden.
package desk

import (
	"context"
	"crypto/rand"
	"log/slog"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// Config is what a desk works with. Only Store is needed.
type Config struct {
	Store store.Store
	// Now is the clock; time.Now if nil.
	Now func() time.Time
	// NewID makes the ids of contacts, conversations, messages and users;
	// random and unguessable if nil.
	NewID func() string
	// Logger hears of what nobody is told otherwise; discarded if nil.
	Logger *slog.Logger
	// SendReady is called after each commit that queued a send. It must return
	// fast. Nil: the sender finds its work by polling.
	SendReady func()
	// HashPassword makes the stored form of a password. Without it users can't
	// be made or given a new password.
	HashPassword func(password string) (string, error)
}

// Desk is the one door to the portal's business rules.
type Desk struct {
	store        store.Store
	now          func() time.Time
	newID        func() string
	log          *slog.Logger
	sendReady    func()
	hashPassword func(string) (string, error)
	tenants      *tenantIndex
}

// New makes a desk.
func New(c Config) *Desk {
	d := &Desk{store: c.Store, now: c.Now, newID: c.NewID, log: c.Logger, sendReady: c.SendReady, hashPassword: c.HashPassword}
	if d.now == nil {
		d.now = time.Now
	}
	if d.newID == nil {
		d.newID = rand.Text
	}
	if d.log == nil {
		d.log = slog.New(slog.DiscardHandler)
	}
	if d.sendReady == nil {
		d.sendReady = func() {}
	}
	if d.hashPassword == nil {
		d.hashPassword = func(string) (string, error) {
			return "", portal.Errorf(portal.Internal, "no password hashing configured")
		}
	}
	d.tenants = &tenantIndex{store: c.Store, now: d.now}
	return d
}

// time is the present in the precision that is stored.
func (d *Desk) time() portal.Time { return portal.At(d.now()) }

// view runs fn on a snapshot of who's tenant.
func (d *Desk) view(ctx context.Context, who portal.Identity, fn func(store.ReadTx) error) error {
	return d.store.View(ctx, who.TenantID, fn)
}
