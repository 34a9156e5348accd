package storetest

import (
	"fmt"
	"sync"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var sendCases = []testCase{
	{"STORE-24 a claim has all that the call needs", claimHasAll},
	{"STORE-25 a contact's sends go one by one, in the order of queueing", oneByOne},
	{"STORE-25 across its conversations, too", acrossConversations},
	{"STORE-25 one contact doesn't hold up another", contactsApart},
	{"STORE-26 a lease that ran out is claimed again, and counted", leaseRunsOut},
	{"STORE-26 a delayed send waits, and holds back its contact's", delayedSend},
	{"STORE-51 a delay by a clock that was ahead ends at once", clockWasAhead},
	{"STORE-27 claims at once never share a send", claimsAtOnce},
	{"STORE-27 a send is queued once; taking it off twice is fine", queuedOnce},
}

// queue writes a reply and queues it.
func (b *bench) queue(contact, conversation, id string) {
	b.t.Helper()
	b.acme.message(conversation, id, portal.Outbound, nil)
	b.acme.update(func(tx store.Tx) { b.ok(tx.PutSend(b.ctx, id, contact, b.acme.now)) })
}

// claim claims a minute after the start plus later, for a minute.
func (b *bench) claim(later time.Duration) []string {
	b.t.Helper()
	sends, err := b.s.ClaimSends(b.ctx, start.Std().Add(later), time.Minute, 100)
	b.ok(err)
	found := []string{}
	for _, s := range sends {
		found = append(found, s.MessageID)
	}
	return found
}

func (b *bench) done(id string) {
	b.t.Helper()
	b.acme.update(func(tx store.Tx) { b.ok(tx.DeleteSend(b.ctx, id)) })
}

func claimHasAll(b *bench) {
	b.queue("joe", "c1", "s1")
	queued := b.acme.now
	sends, err := b.s.ClaimSends(b.ctx, start.Std().Add(time.Hour), time.Minute, 10)
	b.ok(err)
	require.Equal(b.t, []store.Send{{TenantID: "acme", MessageID: "s1", ConversationID: "c1", ContactID: "joe", WaID: "4915", Text: "text of s1",
		Channel:  portal.WhatsApp{PhoneNumberID: "1001", DisplayPhoneNumber: "+1 1001", AccessToken: "at", AppSecret: "as", VerifyToken: "vt"},
		Attempts: 1, QueuedAt: queued.Std()}}, sends)
	require.Equal(b.t, 1, b.message("s1").Attempts)
}

func oneByOne(b *bench) {
	for _, id := range []string{"s1", "s2", "s3"} {
		b.queue("joe", "c1", id)
	}
	for _, id := range []string{"s1", "s2", "s3"} {
		require.Equal(b.t, []string{id}, b.claim(time.Hour))
		require.Empty(b.t, b.claim(time.Hour), "the contact has one leased")
		b.done(id)
	}
	require.Empty(b.t, b.claim(time.Hour))
}

func acrossConversations(b *bench) {
	b.acme.conversation("c0", "joe", func(c *portal.Conversation) { c.Status = portal.ConversationClosed })
	b.queue("joe", "c1", "s1")
	b.queue("joe", "c0", "s2")
	require.Equal(b.t, []string{"s1"}, b.claim(time.Hour))
	b.done("s1")
	require.Equal(b.t, []string{"s2"}, b.claim(time.Hour))
}

func contactsApart(b *bench) {
	b.acme.contact("eve", "77", "Eve")
	b.acme.conversation("c2", "eve", nil)
	b.queue("joe", "c1", "j1")
	b.queue("joe", "c1", "j2")
	b.queue("eve", "c2", "e1")
	b.queue("eve", "c2", "e2")
	require.ElementsMatch(b.t, []string{"j1", "e1"}, b.claim(time.Hour))
	b.done("e1")
	require.Equal(b.t, []string{"e2"}, b.claim(time.Hour))
	sends, err := b.s.ClaimSends(b.ctx, start.Std().Add(2*time.Hour), time.Minute, 1)
	b.ok(err)
	require.Len(b.t, sends, 1, "the limit")
}

func leaseRunsOut(b *bench) {
	b.queue("joe", "c1", "s1")
	b.queue("joe", "c1", "s2")
	require.Equal(b.t, []string{"s1"}, b.claim(time.Hour))
	require.Empty(b.t, b.claim(time.Hour+59*time.Second))
	require.Equal(b.t, []string{"s1"}, b.claim(time.Hour+time.Minute))
	require.Equal(b.t, 2, b.message("s1").Attempts)
}

func delayedSend(b *bench) {
	b.queue("joe", "c1", "s1")
	b.queue("joe", "c1", "s2")
	require.Equal(b.t, []string{"s1"}, b.claim(time.Hour))
	b.ok(b.s.DelaySend(b.ctx, "acme", "s1", start.Std().Add(2*time.Hour)))
	require.Empty(b.t, b.claim(2*time.Hour-time.Second))
	require.Equal(b.t, []string{"s1"}, b.claim(2*time.Hour))
	b.ok(b.s.DelaySend(b.ctx, "acme", "s1", start.Std()))
	require.Equal(b.t, []string{"s1"}, b.claim(2*time.Hour), "a delay may also end the lease early")
	b.code(portal.NotFound, b.s.DelaySend(b.ctx, "globex", "s1", start.Std()))
}

func clockWasAhead(b *bench) {
	b.queue("joe", "c1", "s1")
	require.Equal(b.t, []string{"s1"}, b.claim(time.Hour))
	b.ok(b.s.DelaySend(b.ctx, "acme", "s1", start.Std().Add(100*24*time.Hour))) // and then the clock is put right
	require.Equal(b.t, []string{"s1"}, b.claim(time.Hour))
	b.ok(b.s.DelaySend(b.ctx, "acme", "s1", start.Std().Add(25*time.Hour)))
	require.Empty(b.t, b.claim(time.Hour), "the provider may ask for a day")
	require.Equal(b.t, []string{"s1"}, b.claim(25*time.Hour))
}

func claimsAtOnce(b *bench) {
	const n = 20
	for i := range n {
		id := fmt.Sprint("k", i)
		b.acme.contact(id, "88"+id, id)
		b.acme.conversation(id, id, nil)
		b.queue(id, id, "s"+id)
	}
	var mu sync.Mutex
	claimed := map[string]int{}
	together(6, func(int) {
		for range n {
			sends, err := b.s.ClaimSends(b.ctx, start.Std().Add(time.Hour), time.Minute, 3)
			if err != nil {
				b.t.Error(err)
			}
			mu.Lock()
			for _, s := range sends {
				claimed[s.MessageID]++
			}
			mu.Unlock()
		}
	})
	require.Len(b.t, claimed, n)
	for id, times := range claimed {
		require.Equal(b.t, 1, times, id)
	}
}

func queuedOnce(b *bench) {
	b.queue("joe", "c1", "s1")
	b.code(portal.Conflict, b.acme.try(func(tx store.Tx) error { return tx.PutSend(b.ctx, "s1", "joe", start) }))
	b.done("s1")
	b.done("s1")
}
