package storetest

import (
	"context"
	"encoding/json"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// Benchmark measures what the portal does most. The work per message is the
// desk's for an inbound one: look up its wamid and contact, put message and
// conversation, append two events.
func Benchmark(b *testing.B, open func(b *testing.B) Store) {
	for _, batch := range []int{1, 10, 100} {
		b.Run(fmt.Sprintf("messages/batch=%d", batch), func(b *testing.B) { benchMessages(b, open(b), batch) })
	}
	b.Run("messages/16 at once", func(b *testing.B) { benchAtOnce(b, open(b)) })
	b.Run("list", func(b *testing.B) { benchList(b, open(b)) })
}

// mill makes messages of a tenant for benchmarks.
type mill struct {
	b    *testing.B
	s    Store
	made atomic.Int64
}

const millContacts = 1000

func newMill(b *testing.B, s Store, contacts int) *mill {
	m := &mill{b: b, s: s}
	ctx := b.Context()
	m.ok(s.PutTenant(ctx, portal.Tenant{ID: "acme", Name: "Acme"}))
	for from := 0; from < contacts; from += 1000 {
		m.ok(s.Update(ctx, "acme", func(tx store.Tx) error {
			for i := from; i < min(contacts, from+1000); i++ {
				id := fmt.Sprint("c", i)
				if err := tx.PutContact(ctx, portal.Contact{ID: id, WaID: ptr(fmt.Sprintf("49%09d", i)), Name: fmt.Sprintf("Contact number %d", i)}, start); err != nil {
					return err
				}
				at := after(start, time.Duration(i*7919%contacts)*time.Second)
				c := &portal.Conversation{ID: id, TenantID: "acme", Channel: portal.ChannelWhatsApp, Contact: portal.Contact{ID: id}, Status: portal.ConversationActive,
					UnreadCount: i % 4, CreatedAt: at, LastActivityAt: at, LastMessage: &portal.LastMessage{ID: "m", Text: "What a message usually is like", CreatedAt: at}}
				if err := tx.PutConversation(ctx, c); err != nil {
					return err
				}
			}
			return nil
		}))
	}
	return m
}

func (m *mill) ok(err error) {
	if err != nil {
		m.b.Fatal(err)
	}
}

// receive commits n messages in one transaction.
func (m *mill) receive(n int) error {
	ctx := context.Background()
	return m.s.Update(ctx, "acme", func(tx store.Tx) error {
		for range n {
			if err := m.message(ctx, tx, m.made.Add(1)); err != nil {
				return err
			}
		}
		return nil
	})
}

func (m *mill) message(ctx context.Context, tx store.Tx, i int64) error {
	wamid, contact := fmt.Sprint("wamid.", i), i%millContacts
	if _, err := tx.MessageByWAMID(ctx, wamid); portal.CodeOf(err) != portal.NotFound {
		return fmt.Errorf("wamid %s: %w", wamid, err)
	}
	who, err := tx.ContactByWaID(ctx, fmt.Sprintf("49%09d", contact))
	if err != nil {
		return err
	}
	c, err := tx.ActiveConversation(ctx, who.ID)
	if err != nil {
		return err
	}
	seq, err := tx.NextSeq(ctx)
	if err != nil {
		return err
	}
	msg := &portal.Message{ID: fmt.Sprint("m", i), Version: seq, Seq: seq, ConversationID: c.ID, Direction: portal.Inbound, Type: portal.TypeText,
		Text: "What a message usually is like: some words, seldom more.", Status: portal.StatusReceived, WAMID: &wamid, CreatedAt: start,
		Author: portal.Author{Type: portal.AuthorCustomer, ID: who.ID, Name: who.Name}}
	if err := tx.PutMessage(ctx, msg); err != nil {
		return err
	}
	c.Version, c.LastMessage, c.LastActivityAt = seq+1, msg.Summary(), after(start, time.Duration(i)*time.Millisecond)
	c.MessageCount++
	c.UnreadCount++
	if err := tx.PutConversation(ctx, c); err != nil {
		return err
	}
	for k, body := range []any{portal.MessageNewBody{Seq: seq, Message: msg}, portal.ConversationUpdatedBody{Seq: seq + 1, Conversation: c, Reason: portal.ReasonMessage}} {
		raw, err := json.Marshal(body)
		if err != nil {
			return err
		}
		typ := []portal.EventType{portal.MessageNew, portal.ConversationUpdated}[k]
		if err := tx.Append(ctx, portal.Event{Seq: seq + int64(k), Type: typ, ConversationID: c.ID, At: start, Body: raw}); err != nil {
			return err
		}
	}
	return nil
}

func benchMessages(b *testing.B, s Store, batch int) {
	m := newMill(b, s, millContacts)
	for b.Loop() {
		m.ok(m.receive(batch))
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "messages/s")
}

func benchAtOnce(b *testing.B, s Store) {
	m := newMill(b, s, millContacts)
	var left atomic.Int64
	left.Store(int64(b.N))
	b.ResetTimer()
	together(16, func(int) {
		for left.Add(-1) >= 0 {
			if err := m.receive(1); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "messages/s")
}

// benchList reads pages of a tenant with ten thousand conversations.
func benchList(b *testing.B, s Store) {
	newMill(b, s, 10_000)
	for name, q := range map[string]store.ConversationQuery{
		"last activity": {},
		"created":       {Sort: store.SortCreatedAt, After: &store.ConversationCursor{CreatedAt: after(start, 5000*time.Second), ID: "x"}},
		"unread":        {Sort: store.SortUnread},
		"unassigned":    {Unassigned: true, Status: portal.ConversationActive},
		"closed: none":  {Status: portal.ConversationClosed},
		"search: one":   {Search: "number 77", Status: portal.ConversationActive},
		"search: none":  {Search: "nobody is called so"},
	} {
		b.Run(name, func(b *testing.B) {
			q.Limit = 50
			for b.Loop() {
				err := s.View(b.Context(), "acme", func(tx store.ReadTx) error {
					_, err := tx.ListConversations(b.Context(), q)
					return err
				})
				if err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	b.Run("unread total", func(b *testing.B) {
		for b.Loop() {
			if err := s.View(b.Context(), "acme", func(tx store.ReadTx) error { _, err := tx.UnreadTotal(b.Context()); return err }); err != nil {
				b.Fatal(err)
			}
		}
	})
}
