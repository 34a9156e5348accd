// Package store says what the portal needs of a database: transactions opened
// for one tenant, one small interface per aggregate, and the event log.
//
// The promises, which storetest checks for every implementation:
//
//   - Update is all or nothing, and the transactions of one tenant happen one
//     after another. Events appended in it get the next seqs of the tenant's
//     log without a gap, in commit order, and become visible with the change.
//   - View is a snapshot: everything read in it, LastSeq included, is of one
//     instant.
//   - A Tx belongs to one tenant and no method on it takes a tenant id, so
//     another tenant's rows look exactly like missing ones.
//   - Failures are portal.Errors: Unavailable when the database is away or
//     busy for too long (nothing was changed, or it is unknown for a failed
//     commit), NotFound for a missing row, Conflict for a broken uniqueness.
//   - A write that failed spoils its transaction: whatever fn returns, nothing
//     of it is committed. Ask before writing; a NotFound read spoils nothing.
package store

import (
	"context"
	"time"

	"github.com/agentportal/portal"
)

// Store is a database. All methods may be called by several goroutines.
type Store interface {
	// View runs fn on a snapshot of the tenant's data.
	View(ctx context.Context, tenantID string, fn func(ReadTx) error) error
	// Update runs fn in a transaction and commits if it returns nil. An unknown
	// tenant is NotFound. fn is run at most once, on the caller's goroutine, and
	// must not call the Store, which it would wait for.
	Update(ctx context.Context, tenantID string, fn func(Tx) error) error

	Directory
	AuthSessions
	RecoverySessions
	Outgoing
	Upkeep

	// OnCommit registers the one listener that hears of every commit of this
	// process that appended events, after the commit, with the events in seq
	// order. Calls for one tenant come in commit order and must return fast.
	// It is set before the first Update.
	OnCommit(fn func(tenantID string, events []portal.Event))
	// Ping tells whether the database answers.
	Ping(ctx context.Context) error
	// Probe tells whether it takes changes, by committing a tiny one that nobody
	// reads. It may outlast ctx by the time that a transaction waits for its turn.
	Probe(ctx context.Context) error
	Close() error
}

// ReadTx reads one tenant's data.
type ReadTx interface {
	Contacts
	Conversations
	Messages
	Log
	Dashboard
	// Users of the tenant, by name.
	Users(ctx context.Context) ([]portal.User, error)
	// User by id; NotFound for another tenant's.
	User(ctx context.Context, id string) (portal.User, error)
	// Tenant is the tenant that the transaction was opened for.
	Tenant(ctx context.Context) (portal.Tenant, error)
}

// Tx reads and changes one tenant's data.
type Tx interface {
	ReadTx
	ContactWriter
	ConversationWriter
	MessageWriter
	LogWriter
	SendWriter
	ReportWriter
	UserWriter
}

// Contacts are the tenant's customers.
type Contacts interface {
	// ContactByWaID is NotFound for a number that never wrote.
	ContactByWaID(ctx context.Context, waID string) (portal.Contact, error)
}

// ContactWriter changes contacts.
type ContactWriter interface {
	// PutContact inserts or, by id, replaces. Conversations show the new name.
	PutContact(ctx context.Context, c portal.Contact, at portal.Time) error
}

// Conversations are found by id or listed.
type Conversations interface {
	Conversation(ctx context.Context, id string) (*portal.Conversation, error)
	// ConversationsOf lists all conversations of a contact, oldest first.
	ConversationsOf(ctx context.Context, contactID string) ([]*portal.Conversation, error)
	// ActiveConversation of a contact; NotFound if all are closed.
	ActiveConversation(ctx context.Context, contactID string) (*portal.Conversation, error)
	ListConversations(ctx context.Context, q ConversationQuery) ([]*portal.Conversation, error)
	// UnreadTotal is the sum of UnreadCount over all conversations.
	UnreadTotal(ctx context.Context) (int, error)
}

// Sort is the order of a list; ties are broken by id, so that a cursor never
// skips or repeats a row.
type Sort string

// The orders, each newest or most first.
const (
	SortLastActivity Sort = "lastActivity"
	SortCreatedAt    Sort = "createdAt"
	SortUnread       Sort = "unread" // then by last activity
)

// ConversationQuery selects a page of conversations.
type ConversationQuery struct {
	Status     portal.ConversationStatus // "" is all
	AssigneeID string                    // "" is anyone
	Unassigned bool
	Search     string // literal part of the name or number, any case (Unicode); "" is all
	Sort       Sort
	After      *ConversationCursor // nil: from the start
	Limit      int
}

// ConversationCursor is the sort position of the last row of a page. The keys
// that the query's Sort doesn't use are ignored.
type ConversationCursor struct {
	LastActivityAt portal.Time
	CreatedAt      portal.Time
	Unread         int
	ID             string
}

// ConversationWriter changes conversations.
type ConversationWriter interface {
	// PutConversation inserts or, by id, replaces all fields. A second active
	// conversation of a contact is a Conflict. Contact fields aren't written:
	// they are the contact's row, referred to by Contact.ID.
	PutConversation(ctx context.Context, c *portal.Conversation) error
}

// Messages are found by their ids and read in pages.
type Messages interface {
	Message(ctx context.Context, id string) (*portal.Message, error)
	// MessageByWAMID is NotFound until the wamid is known.
	MessageByWAMID(ctx context.Context, wamid string) (*portal.Message, error)
	// MessageByClientID is NotFound for a new one.
	MessageByClientID(ctx context.Context, conversationID, clientID string) (*portal.Message, error)
	// ListMessages is the newest page before a Seq (0: from the end), oldest
	// first within it.
	ListMessages(ctx context.Context, conversationID string, before int64, limit int) ([]*portal.Message, error)
	// RepliesAfter are the outbound messages of a conversation with a Seq above
	// after, by other authors than exceptUserID, oldest first.
	RepliesAfter(ctx context.Context, conversationID string, after int64, exceptUserID string) ([]*portal.Message, error)
}

// MessageWriter changes messages.
type MessageWriter interface {
	// PutMessage inserts or, by id, replaces. A known wamid of the tenant or
	// clientId of the conversation on another id is a Conflict. Attempts never
	// goes back: ClaimSends may have counted one since m was read.
	PutMessage(ctx context.Context, m *portal.Message) error
}

// Room is the part of the log that one socket sees beside the tenant's events:
// the message events of a conversation with a seq above After.
type Room struct {
	ConversationID string
	After          int64
}

// Log is the tenant's log of durable events.
type Log interface {
	// LastSeq is the seq of the newest event; 0 for an empty log.
	LastSeq(ctx context.Context) (int64, error)
	// FirstSeq is the lowest seq still kept; LastSeq+1 when none is.
	FirstSeq(ctx context.Context) (int64, error)
	// Events with seq above after, in order, at most limit.
	Events(ctx context.Context, after int64, limit int) ([]portal.Event, error)
	// ConversationEvents are the conversation-room events (message:*) of one
	// conversation with seq above after, in order, at most limit.
	ConversationEvents(ctx context.Context, conversationID string, after int64, limit int) ([]portal.Event, error)
}

// LogWriter appends to the log.
type LogWriter interface {
	// NextSeq is the seq that the next Append must carry; each Append moves it.
	NextSeq(ctx context.Context) (int64, error)
	// Append adds an event whose Seq is NextSeq.
	Append(ctx context.Context, e portal.Event) error
}

// SendWriter queues outbound messages for the provider.
type SendWriter interface {
	// PutSend queues a message for sending, due at once. Messages of one contact
	// are claimed in the order of their queueing.
	PutSend(ctx context.Context, messageID, contactID string, at portal.Time) error
	// DeleteSend takes a message off the queue; a missing one is no error.
	DeleteSend(ctx context.Context, messageID string) error
}

// Report is a delivery report of the provider.
type Report struct {
	WAMID  string
	Status portal.MessageStatus
	At     portal.Time
	Error  *portal.MessageError
	Queue  string // where it came from, for its dead letter
	Body   []byte // as it came, for its dead letter
}

// ReportWriter parks reports whose wamid isn't known yet.
type ReportWriter interface {
	// ParkReport keeps r; the same wamid and status again changes nothing.
	ParkReport(ctx context.Context, r Report, receivedAt portal.Time) error
	// TakeReports removes and returns the parked reports of a wamid in order of
	// arrival.
	TakeReports(ctx context.Context, wamid string) ([]Report, error)
}

// UserWriter changes the tenant's users and settings.
type UserWriter interface {
	// PutUser inserts or, by id, replaces. An email in use is a Conflict.
	PutUser(ctx context.Context, u portal.User) error
	// RevokeSessionsOf signs a user out everywhere but in the session except
	// ("": everywhere). Sessions that have ended keep their time.
	RevokeSessionsOf(ctx context.Context, userID, except string, at portal.Time) error
	// PutWhatsApp replaces the channel's settings. A phone number id in use by
	// another tenant is a Conflict.
	PutWhatsApp(ctx context.Context, w portal.WhatsApp) error
}

// Metrics are the dashboard's figures: the first three of now, the others of
// [from, to).
type Metrics struct {
	Active, Closed, Unassigned int
	TotalMessages              int
	FailedDeliveries           int
	AvgResponse                *time.Duration // nil without data
}

// Bucket is one hour's or day's figures.
type Bucket struct {
	Inbound, Outbound int
	Delivered, Failed int // of the outbound ones: now delivered or read; now failed
}

// Dashboard reads figures.
type Dashboard interface {
	// Metrics of messages created in [from, to). The response time of a
	// conversation's turn is from its first unanswered inbound message to the
	// next outbound one; turns count by the outbound message's CreatedAt.
	Metrics(ctx context.Context, from, to portal.Time) (Metrics, error)
	// Series counts messages by CreatedAt in n buckets of equal width from from.
	Series(ctx context.Context, from portal.Time, width time.Duration, n int) ([]Bucket, error)
}
