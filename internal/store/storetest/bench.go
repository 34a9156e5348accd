package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

// start is when every case begins.
var start = portal.At(time.Date(2026, 3, 10, 12, 0, 0, 0, time.UTC))

func after(t portal.Time, d time.Duration) portal.Time { return portal.At(t.Std().Add(d)) }

func ptr[T any](v T) *T { return &v }

// bench is a store with two tenants that look alike.
type bench struct {
	t     *testing.T
	ctx   context.Context
	s     Store
	acme  *inbox
	other *inbox // globex; not touched by the case

	trimmed bool // the case trims the logs of all tenants

	mu      sync.Mutex
	commits []commit
}

// commit is one call of the listener.
type commit struct {
	tenant string
	events []portal.Event
}

func newBench(t *testing.T, open Factory) *bench {
	b := &bench{t: t, ctx: t.Context(), s: open(t)}
	b.s.OnCommit(func(tenant string, events []portal.Event) {
		b.mu.Lock()
		defer b.mu.Unlock()
		b.commits = append(b.commits, commit{tenant, events})
	})
	b.acme, b.other = b.plant("acme", "1001"), b.plant("globex", "1002")
	b.mu.Lock()
	b.commits = nil
	b.mu.Unlock()
	whole, withoutLog := b.dump(b.other), b.dumpRows(b.other)
	t.Cleanup(func() {
		if !t.Failed() {
			b.ctx = context.Background()
			require.Equal(t, withoutLog, b.dumpRows(b.other), "STORE-8 the other tenant was touched")
			if !b.trimmed {
				require.Equal(t, whole, b.dump(b.other), "STORE-8 the other tenant's log was touched")
			}
		}
	})
	return b
}

// plant makes a tenant with two users, and a contact with one conversation of
// an inbound message, a reply that waits to be sent and a parked report.
func (b *bench) plant(id, number string) *inbox {
	in := &inbox{b: b, id: id, now: start}
	b.ok(b.s.PutTenant(b.ctx, portal.Tenant{ID: id, Name: "Tenant " + id,
		WhatsApp: portal.WhatsApp{PhoneNumberID: number, DisplayPhoneNumber: "+1 " + number, AccessToken: "at", AppSecret: "as", VerifyToken: "vt"}}))
	in.update(func(tx store.Tx) {
		for _, name := range []string{"ann", "bob"} {
			b.ok(tx.PutUser(b.ctx, portal.User{ID: name, TenantID: id, Email: name + "@" + id + ".test", Name: name, Role: portal.RoleAgent, PasswordHash: "h"}))
		}
	})
	in.contact("joe", "4915", "Joe")
	in.conversation("c1", "joe", nil)
	in.message("c1", "m1", portal.Inbound, func(m *portal.Message) { m.WAMID = ptr("wamid.1") })
	in.message("c1", "m2", portal.Outbound, func(m *portal.Message) { m.ClientID = ptr("client.1") })
	in.update(func(tx store.Tx) {
		b.ok(tx.ParkReport(b.ctx, store.Report{WAMID: "wamid.early", Status: portal.StatusSent, At: in.now, Queue: "q", Body: []byte("{}")}, in.now))
	})
	return in
}

// ok ends the case on an error.
func (b *bench) ok(err error) {
	b.t.Helper()
	require.NoError(b.t, err)
}

// code checks an error's code.
func (b *bench) code(want portal.Code, err error) {
	b.t.Helper()
	require.Equal(b.t, want, portal.CodeOf(err), "%v", err)
}

// heard are the commits that the listener was told of.
func (b *bench) heard() []commit {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]commit(nil), b.commits...)
}

// dump is everything that can be read of a tenant, as text.
func (b *bench) dump(in *inbox) string {
	var events []portal.Event
	in.view(func(tx store.ReadTx) {
		var err error
		events, err = tx.Events(b.ctx, 0, 1000)
		b.ok(err)
	})
	return b.dumpRows(in) + b.text(events)
}

// dumpRows is dump without the log.
func (b *bench) dumpRows(in *inbox) string {
	var found []any
	in.view(func(tx store.ReadTx) {
		conversations, err := tx.ListConversations(b.ctx, store.ConversationQuery{Limit: 1000})
		b.ok(err)
		for _, c := range conversations {
			messages, err := tx.ListMessages(b.ctx, c.ID, 0, 1000)
			b.ok(err)
			found = append(found, c, messages)
		}
		last, err := tx.LastSeq(b.ctx)
		b.ok(err)
		users, err := tx.Users(b.ctx)
		b.ok(err)
		tenant, err := tx.Tenant(b.ctx)
		b.ok(err)
		unread, err := tx.UnreadTotal(b.ctx)
		b.ok(err)
		metrics, err := tx.Metrics(b.ctx, portal.UnixMilli(1), after(start, time.Hour))
		b.ok(err)
		found = append(found, last, users, tenant, unread, metrics)
	})
	return b.text(found)
}

func (b *bench) text(v any) string {
	text, err := json.MarshalIndent(v, "", " ")
	b.ok(err)
	return string(text)
}

// together runs n functions at once and waits for them.
func together(n int, fn func(i int)) {
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() { fn(i) })
	}
	wg.Wait()
}

// inbox writes to one tenant the way the desk does: rows and their events in
// one transaction. Its clock moves a second with each change.
type inbox struct {
	b   *bench
	id  string
	now portal.Time
}

func (in *inbox) update(fn func(store.Tx)) {
	in.b.t.Helper()
	in.b.ok(in.try(func(tx store.Tx) error { fn(tx); return nil }))
}

// try is update for what may fail.
func (in *inbox) try(fn func(store.Tx) error) error {
	in.now = after(in.now, time.Second)
	return in.b.s.Update(in.b.ctx, in.id, fn)
}

func (in *inbox) view(fn func(store.ReadTx)) {
	in.b.t.Helper()
	in.b.ok(in.b.s.View(in.b.ctx, in.id, func(tx store.ReadTx) error { fn(tx); return nil }))
}

func (in *inbox) contact(id, waID, name string) {
	in.b.t.Helper()
	in.update(func(tx store.Tx) {
		in.b.ok(tx.PutContact(in.b.ctx, portal.Contact{ID: id, WaID: ptr(waID), Name: name}, in.now))
	})
}

// conversation makes an active one; change may alter it before it is written.
func (in *inbox) conversation(id, contactID string, change func(*portal.Conversation)) *portal.Conversation {
	in.b.t.Helper()
	var c *portal.Conversation
	in.update(func(tx store.Tx) {
		seq := in.next(tx)
		c = &portal.Conversation{ID: id, Version: seq, TenantID: in.id, Channel: portal.ChannelWhatsApp, Contact: portal.Contact{ID: contactID},
			Status: portal.ConversationActive, CreatedAt: in.now, LastActivityAt: in.now}
		if change != nil {
			change(c)
		}
		in.b.ok(tx.PutConversation(in.b.ctx, c))
		in.append(tx, seq, portal.ConversationNew, id)
	})
	return c
}

// message adds one to a conversation's end.
func (in *inbox) message(conversationID, id string, d portal.Direction, change func(*portal.Message)) *portal.Message {
	in.b.t.Helper()
	var m *portal.Message
	in.update(func(tx store.Tx) {
		seq := in.next(tx)
		m = in.draft(conversationID, id, d, seq)
		if change != nil {
			change(m)
		}
		in.b.ok(tx.PutMessage(in.b.ctx, m))
		in.append(tx, seq, portal.MessageNew, conversationID)
	})
	return m
}

func (in *inbox) draft(conversationID, id string, d portal.Direction, seq int64) *portal.Message {
	m := &portal.Message{ID: id, Version: seq, Seq: seq, ConversationID: conversationID, Direction: d, Type: portal.TypeText,
		Text: "text of " + id, Status: portal.StatusReceived, Author: portal.Author{Type: portal.AuthorCustomer, ID: "joe", Name: "Joe"}, CreatedAt: in.now}
	if d == portal.Outbound {
		m.Status, m.Author = portal.StatusQueued, portal.Author{Type: portal.AuthorAgent, ID: "ann", Name: "ann"}
	}
	return m
}

func (in *inbox) next(tx store.Tx) int64 {
	in.b.t.Helper()
	seq, err := tx.NextSeq(in.b.ctx)
	in.b.ok(err)
	return seq
}

func (in *inbox) append(tx store.Tx, seq int64, typ portal.EventType, conversationID string) {
	in.b.t.Helper()
	in.b.ok(tx.Append(in.b.ctx, portal.Event{Seq: seq, Type: typ, ConversationID: conversationID, At: in.now,
		Body: json.RawMessage(fmt.Sprintf(`{"seq":%d}`, seq))}))
}

// last is the tenant's newest seq.
func (in *inbox) last() (seq int64) {
	in.b.t.Helper()
	in.view(func(tx store.ReadTx) {
		var err error
		seq, err = tx.LastSeq(in.b.ctx)
		in.b.ok(err)
	})
	return seq
}
