package desk_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The people of two tenants.
var (
	ann   = portal.Identity{UserID: "ann", TenantID: "acme", SessionID: "s1", Name: "Ann", Role: portal.RoleAgent}
	ben   = portal.Identity{UserID: "ben", TenantID: "acme", SessionID: "s2", Name: "Ben", Role: portal.RoleAgent}
	vic   = portal.Identity{UserID: "vic", TenantID: "acme", SessionID: "s3", Name: "Vic", Role: portal.RoleViewer}
	ada   = portal.Identity{UserID: "ada", TenantID: "acme", SessionID: "s4", Name: "Ada", Role: portal.RoleAdmin}
	olga  = portal.Identity{UserID: "olga", TenantID: "globex", SessionID: "s5", Name: "Olga", Role: portal.RoleAdmin}
	start = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
)

var seed = desk.Seed{Tenants: []desk.SeedTenant{
	{Tenant: portal.Tenant{ID: "acme", Name: "Acme", WhatsApp: portal.WhatsApp{PhoneNumberID: "1055", DisplayPhoneNumber: "+1 555 0100",
		AccessToken: "access-token-of-acme", AppSecret: "app-secret-of-acme", VerifyToken: "verify"}},
		Users: []desk.SeedUser{
			{ID: "ann", Email: "ann@acme.test", Password: "correct horse", Name: "Ann", Role: portal.RoleAgent},
			{ID: "ben", Email: "ben@acme.test", Password: "correct horse", Name: "Ben", Role: portal.RoleAgent},
			{ID: "vic", Email: "vic@acme.test", Password: "correct horse", Name: "Vic", Role: portal.RoleViewer},
			{ID: "ada", Email: "ada@acme.test", Password: "correct horse", Name: "Ada", Role: portal.RoleAdmin},
		}},
	{Tenant: portal.Tenant{ID: "globex", Name: "Globex", WhatsApp: portal.WhatsApp{PhoneNumberID: "2066"}},
		Users: []desk.SeedUser{{ID: "olga", Email: "olga@globex.test", Password: "correct horse", Name: "Olga", Role: portal.RoleAdmin}}},
}}

// bench is a desk on a database of its own, with a clock that moves when told.
type bench struct {
	*desk.Desk
	t         *testing.T
	store     store.Store
	now       time.Time
	sendReady atomic.Int32
	ids       int
	faults    *faults
}

func newBench(t *testing.T) *bench {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db")})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(t.Context()))
	b := &bench{t: t, now: start, faults: &faults{}}
	b.store = &faultyStore{Store: db, faults: b.faults}
	b.Desk = desk.New(desk.Config{
		Store: b.store,
		Now:   func() time.Time { return b.now },
		NewID: func() string {
			b.ids++
			return "id" + strconv.Itoa(b.ids)
		},
		SendReady:    func() { b.sendReady.Add(1) },
		HashPassword: func(p string) (string, error) { return "hash of " + p, nil },
	})
	require.NoError(t, b.Seed(t.Context(), seed))
	// The other tenant has a contact with the same number, who sees nothing of it all.
	b.receiveFor("globex", text("wamid.other", "111", "hello"))
	t.Cleanup(func() { require.Len(t, b.events("globex", 0), 2, "the other tenant's log moved") })
	return b
}

// text is an inbound message of a contact without a name.
func text(wamid, waID, body string) desk.Inbound {
	return desk.Inbound{WAMID: wamid, WaID: waID, At: portal.At(start.Add(-time.Hour)), Type: portal.TypeText, Text: body}
}

func named(in desk.Inbound, name string) desk.Inbound {
	in.ContactName = name
	return in
}

func (b *bench) receiveFor(tenantID string, batch ...desk.Inbound) {
	b.t.Helper()
	for _, err := range b.Receive(b.t.Context(), tenantID, batch) {
		require.NoError(b.t, err)
	}
}

// receive takes messages of acme's contacts and returns the new events.
func (b *bench) receive(batch ...desk.Inbound) []portal.Event {
	b.t.Helper()
	before := b.seq()
	b.receiveFor("acme", batch...)
	return b.events("acme", before)
}

// begin makes a conversation of a contact and returns it.
func (b *bench) begin(waID string) *portal.Conversation {
	b.t.Helper()
	events := b.receive(text("wamid.first."+waID, waID, "hello"))
	require.Equal(b.t, portal.ConversationNew, events[0].Type)
	return body[portal.ConversationNewBody](b.t, events[0]).Conversation
}

// reply sends as Ann and returns the message.
func (b *bench) reply(conversationID, clientID string) *portal.Message {
	b.t.Helper()
	m, created, err := b.Reply(b.t.Context(), ann, conversationID, desk.ReplyInput{Text: "text of " + clientID, ClientID: clientID})
	require.NoError(b.t, err)
	require.True(b.t, created)
	return m
}

// sent replies and has the provider accept it under the wamid.
func (b *bench) sent(conversationID, wamid string) *portal.Message {
	b.t.Helper()
	m := b.reply(conversationID, "client of "+wamid)
	require.NoError(b.t, b.SendAccepted(b.t.Context(), "acme", m.ID, wamid, b.now))
	return b.message(m.ID)
}

// report takes one report in and returns the new events.
func (b *bench) report(wamid string, status portal.MessageStatus, at time.Time) []portal.Event {
	b.t.Helper()
	before := b.seq()
	errs := b.Report(b.t.Context(), "acme", []desk.Report{{WAMID: wamid, Status: status, At: portal.At(at)}})
	require.Equal(b.t, []error{nil}, errs)
	return b.events("acme", before)
}

func (b *bench) view(tenantID string, fn func(store.ReadTx) error) {
	b.t.Helper()
	require.NoError(b.t, b.store.View(context.Background(), tenantID, fn)) // also after the test's own context
}

func (b *bench) seq() (seq int64) {
	b.t.Helper()
	b.view("acme", func(tx store.ReadTx) (err error) { seq, err = tx.LastSeq(b.t.Context()); return err })
	return seq
}

func (b *bench) events(tenantID string, after int64) (events []portal.Event) {
	b.t.Helper()
	b.view(tenantID, func(tx store.ReadTx) (err error) {
		events, err = tx.Events(context.Background(), after, 10_000)
		return err
	})
	return events
}

func (b *bench) message(id string) (m *portal.Message) {
	b.t.Helper()
	b.view("acme", func(tx store.ReadTx) (err error) { m, err = tx.Message(b.t.Context(), id); return err })
	return m
}

func (b *bench) conversation(id string) *portal.Conversation {
	b.t.Helper()
	conv, _, err := b.Conversation(b.t.Context(), ann, id)
	require.NoError(b.t, err)
	return conv
}

// changesNothing runs do and requires that the log didn't move.
func (b *bench) changesNothing(do func()) {
	b.t.Helper()
	before := b.seq()
	do()
	require.Empty(b.t, names(b.events("acme", before)))
}

// names tells events in short: their types, with the reasons.
func names(events []portal.Event) []string {
	var list []string
	for _, e := range events {
		name := string(e.Type)
		var b struct {
			Reason string `json:"reason"`
			Status string `json:"status"`
		}
		if json.Unmarshal(e.Body, &b) == nil {
			name = strings.TrimSpace(fmt.Sprintf("%s %s%s", name, b.Reason, b.Status))
		}
		list = append(list, name)
	}
	return list
}

func body[T any](t *testing.T, e portal.Event) T {
	t.Helper()
	var v T
	require.NoError(t, json.Unmarshal(e.Body, &v))
	return v
}

func code(err error) portal.Code { return portal.CodeOf(err) }

// faults makes looking up chosen wamids fail, or every transaction.
type faults struct {
	wamid   map[string]error
	update  error
	updates int // transactions begun
}

type faultyStore struct {
	store.Store
	faults *faults
}

func (s *faultyStore) Update(ctx context.Context, tenantID string, fn func(store.Tx) error) error {
	s.faults.updates++
	if s.faults.update != nil {
		return s.faults.update
	}
	return s.Store.Update(ctx, tenantID, func(tx store.Tx) error { return fn(&faultyTx{Tx: tx, faults: s.faults}) })
}

type faultyTx struct {
	store.Tx
	faults *faults
}

func (tx *faultyTx) MessageByWAMID(ctx context.Context, wamid string) (*portal.Message, error) {
	if err := tx.faults.wamid[wamid]; err != nil {
		return nil, err
	}
	return tx.Tx.MessageByWAMID(ctx, wamid)
}
