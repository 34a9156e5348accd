package store

import (
	"context"
	"time"

	"github.com/agentportal/portal"
)

// Directory finds what isn't inside one tenant.
type Directory interface {
	Tenants(ctx context.Context) ([]portal.Tenant, error)
	// TenantByPhoneNumberID is NotFound for a number of no tenant.
	TenantByPhoneNumberID(ctx context.Context, phoneNumberID string) (portal.Tenant, error)
	// PutTenant inserts, or by id replaces, name and channel.
	PutTenant(ctx context.Context, t portal.Tenant) error
	// UserByEmail expects lower case.
	UserByEmail(ctx context.Context, email string) (portal.User, error)
	// Setting is "" for a key that was never set.
	Setting(ctx context.Context, key string) (string, error)
	// SetSettingOnce keeps value if key is unset and returns what then stands:
	// of several nodes starting at once all get the same.
	SetSettingOnce(ctx context.Context, key, value string) (string, error)
	// Epoch names this database's life. It changes when a database is restored
	// (migrate --new-epoch), so that positions of the lost future mean nothing.
	Epoch(ctx context.Context) (string, error)
}

// AuthSession is a signed-in browser. Tokens are kept as SHA-256 hashes.
type AuthSession struct {
	ID, TenantID, UserID string
	RefreshHash          []byte
	PreviousHash         []byte // stays good until PreviousUntil
	PreviousUntil        time.Time
	CreatedAt, ExpiresAt time.Time
	RevokedAt            time.Time // zero: not signed out
}

// AuthSessions keeps sign-ins.
type AuthSessions interface {
	CreateAuthSession(ctx context.Context, s AuthSession) error
	// AuthSession by id; NotFound when missing.
	AuthSession(ctx context.Context, id string) (AuthSession, error)
	// AuthSessionByRefresh finds by current or previous hash; NotFound when none.
	AuthSessionByRefresh(ctx context.Context, hash []byte) (AuthSession, error)
	// RotateRefresh replaces the hash if it is still old (else Conflict: another
	// tab was faster), keeping old as the previous one until previousUntil.
	RotateRefresh(ctx context.Context, id string, old, next []byte, previousUntil, expiresAt time.Time) error
	// RevokeAuthSession signs out; a second time changes nothing.
	RevokeAuthSession(ctx context.Context, id string, at time.Time) error
	// RevokedSince lists ids of sessions signed out at a time (to the millisecond)
	// or later, so that every node ends their sockets. Nodes' clocks and commits
	// overlap: ask from some seconds back, and expect an id more than once.
	RevokedSince(ctx context.Context, after time.Time) ([]string, error)
}

// RecoverySession is a socket that can come back: what it was, where it began
// and what it had joined.
type RecoverySession struct {
	PID, SID      string
	TenantID      string
	UserID        string
	AuthSessionID string
	Start         int64            // its position before its first event
	Rooms         map[string]int64 // conversation id → seq at which it was joined
	Generation    int64            // raised by each connection that takes it over
	Node          string           // the node that holds its socket
	Confirmed     int64            // position known to be received, noted while quiet
	UpdatedAt     time.Time
}

// RecoverySessions keeps sockets' sessions over crashes and nodes.
type RecoverySessions interface {
	PutRecovery(ctx context.Context, s RecoverySession) error
	// Recovery by pid; NotFound when missing.
	Recovery(ctx context.Context, pid string) (RecoverySession, error)
	// TakeRecovery raises the generation by one and sets the node, returning the
	// session as it is after that; NotFound when missing. Of two at once each
	// gets a generation of its own.
	TakeRecovery(ctx context.Context, pid, node string, at time.Time) (RecoverySession, error)
	// SetRecoveryRooms replaces the rooms if generation is still the session's,
	// else Conflict: another connection has taken it over.
	SetRecoveryRooms(ctx context.Context, pid string, generation int64, rooms map[string]int64, at time.Time) error
	// ConfirmRecovery notes a received position under the same condition.
	ConfirmRecovery(ctx context.Context, pid string, generation, confirmed int64, at time.Time) error
	DeleteRecovery(ctx context.Context, pid string) error
	// DeleteRecoveryOfAuth forgets all sessions of a sign-in.
	DeleteRecoveryOfAuth(ctx context.Context, authSessionID string) error
	// Generations returns the current generation of each of pids that exists.
	Generations(ctx context.Context, pids []string) (map[string]int64, error)
}

// Send is a message due to go to the provider, with what the call needs.
type Send struct {
	TenantID, MessageID, ConversationID, ContactID string
	WaID, Text                                     string
	Channel                                        portal.WhatsApp
	Attempts                                       int // this one included
	QueuedAt                                       time.Time
}

// FarthestSend is the longest that a send may wait for its next attempt. One that
// is due later than that from now was put off by a clock that was ahead.
const FarthestSend = 24 * time.Hour

// Outgoing is the queue of sends over all tenants.
type Outgoing interface {
	// ClaimSends leases due sends until now+lease: at most one per contact, its
	// earliest, and none of a contact that has one leased or waiting for its
	// next attempt. Each claimed message's attempts are raised durably first.
	// What another process that runs has leased isn't due at the lease's end by
	// our clock alone, which may be ahead of its.
	ClaimSends(ctx context.Context, now time.Time, lease time.Duration, limit int) ([]Send, error)
	// DelaySend ends the lease and sets the next attempt.
	DelaySend(ctx context.Context, tenantID, messageID string, next time.Time) error
}

// ParkedReport is a report that found no message in time.
type ParkedReport struct {
	ID       int64
	TenantID string
	Report   Report
}

// Figures are what operators watch, over all tenants.
type Figures struct {
	Events        int64     // kept in the logs
	OldestEvent   time.Time // zero: none is kept
	SendsWaiting  int       // messages that the provider has neither taken nor refused
	OldestSend    time.Time // when the one that waits longest was queued; zero: none waits
	ParkedReports int       // reports whose message isn't known yet
}

// Upkeep is what runs in the background.
type Upkeep interface {
	// Figures are quick to read, however long the logs are.
	Figures(ctx context.Context) (Figures, error)
	// TrimEvents deletes up to limit events older than before, of all tenants,
	// oldest first, and tells how many. It never blocks writers for long.
	TrimEvents(ctx context.Context, before time.Time, limit int) (int, error)
	// Heads lists the newest seq of every tenant, for relays that lost a hint.
	Heads(ctx context.Context) (map[string]int64, error)
	// ParkedBefore lists reports parked before a time; DropParked forgets one.
	ParkedBefore(ctx context.Context, before time.Time, limit int) ([]ParkedReport, error)
	DropParked(ctx context.Context, id int64) error
	// DeleteExpired removes up to limit sign-ins that ended and recovery sessions
	// not touched since recoveryBefore, and tells how many. It blocks writers no
	// longer than TrimEvents.
	DeleteExpired(ctx context.Context, now, recoveryBefore time.Time, limit int) (int, error)
}
