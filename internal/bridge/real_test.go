package bridge_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/bridge"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/queue/embedded"
	"github.com/agentportal/portal/internal/queue/rabbitmq"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
)

var ann = portal.Identity{UserID: "ann", TenantID: "acme", Name: "Ann", Role: portal.RoleAgent}

func database(t *testing.T) *sqlite.Store {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db"),
		Extra: []store.MigrationSet{{Table: embedded.VersionTable, FS: embedded.Migrations()}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(t.Context()))
	for _, id := range []string{"acme", "globex"} {
		require.NoError(t, db.PutTenant(t.Context(), portal.Tenant{ID: id, Name: id, WhatsApp: portal.WhatsApp{PhoneNumberID: "number of " + id}}))
	}
	return db
}

// broker opens RabbitMQ and removes the queues at the end.
func broker(t *testing.T, names ...string) queue.Queue {
	t.Helper()
	url := os.Getenv("TEST_AMQP_URL")
	if url == "" {
		url = "amqp://guest:guest@127.0.0.1:5672/"
	}
	t.Cleanup(func() {
		conn, err := amqp.Dial(url)
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close()) }()
		ch, err := conn.Channel()
		require.NoError(t, err)
		for _, name := range names {
			for _, n := range []string{name, name + queue.DeadSuffix} {
				_, err := ch.QueueDelete(n, false, false, false)
				require.NoError(t, err)
			}
		}
	})
	q, err := rabbitmq.Open(rabbitmq.Config{URL: url, Name: t.Name()})
	require.NoError(t, err, "RabbitMQ must run for these tests; set TEST_AMQP_URL")
	return q
}

func TestRealQueues(t *testing.T) {
	for name, open := range map[string]func(t *testing.T, db *sqlite.Store, names ...string) queue.Queue{
		"embedded": func(t *testing.T, db *sqlite.Store, _ ...string) queue.Queue {
			q, err := embedded.Open(t.Context(), embedded.Config{DB: db.DB()})
			require.NoError(t, err)
			return q
		},
		"RabbitMQ": func(t *testing.T, _ *sqlite.Store, names ...string) queue.Queue { return broker(t, names...) },
	} {
		t.Run("BR-18 "+name, func(t *testing.T) {
			db := database(t)
			inbound, status := "bridge-test-in-"+rand.Text(), "bridge-test-st-"+rand.Text()
			q := open(t, db, inbound, status)
			t.Cleanup(func() { require.NoError(t, q.Close()) })
			require.NoError(t, q.Declare(t.Context(), inbound, status))
			d := desk.New(desk.Config{Store: db})
			traffic(t, q, d, inbound, status)
		})
	}
}

const contacts, each = 6, 50

// traffic publishes while a bridge is stopped and started, and checks what came of it.
func traffic(t *testing.T, q queue.Queue, d *desk.Desk, inbound, status string) {
	cfg := bridge.Config{Queue: q, Desk: d, InboundQueue: inbound, StatusQueue: status}
	running := start(t, cfg)
	for i := range each {
		var batch []queue.Message
		for c := range contacts {
			m := message(c, i)
			batch = append(batch, m)
			if i%7 == 0 {
				batch = append(batch, m)
			}
		}
		batch = append(batch, queue.Message{Body: fmt.Appendf(nil, `{"poison":%d`, i)})
		require.NoError(t, q.Publish(t.Context(), inbound, batch...))
		require.NoError(t, q.Publish(t.Context(), status, early(i)))
		if i%15 == 14 {
			running.stop(t)
			running = start(t, cfg)
		}
	}
	defer running.stop(t)
	eventually(t, func() bool {
		page, err := d.Conversations(t.Context(), ann, desk.ListInput{})
		require.NoError(t, err)
		count, err := q.DeadLetters().Count(t.Context(), inbound)
		return err == nil && page.UnreadTotal >= contacts*each && count >= each
	})
	page, err := d.Conversations(t.Context(), ann, desk.ListInput{})
	require.NoError(t, err)
	require.Len(t, page.Conversations, contacts)
	require.Equal(t, int64(2*contacts*each), page.Seq, "two events for each message")
	for _, conv := range page.Conversations {
		thread, err := d.Messages(t.Context(), ann, conv.ID, "", 200)
		require.NoError(t, err)
		require.Len(t, thread.Messages, each)
		for i, m := range thread.Messages {
			require.Equal(t, "text "+strconv.Itoa(i), m.Text)
		}
	}
	letters, err := q.DeadLetters().List(t.Context(), inbound, 2*each)
	require.NoError(t, err)
	require.Len(t, letters, each)
	var bodies, poison []string
	for i, letter := range letters {
		require.Equal(t, "not JSON", letter.Reason)
		bodies, poison = append(bodies, string(letter.Body)), append(poison, fmt.Sprintf(`{"poison":%d`, i))
	}
	require.ElementsMatch(t, poison, bodies, "each poison once and nothing else; no order is promised among them")
	reply(t, d, page.Conversations[0].ID)
}

// reply sends under the wamid that all the early reports were about.
func reply(t *testing.T, d *desk.Desk, conversationID string) {
	m, _, err := d.Reply(t.Context(), ann, conversationID, desk.ReplyInput{Text: "hi", ClientID: "c"})
	require.NoError(t, err)
	var thread desk.MessagesResult
	require.NoError(t, d.SendAccepted(t.Context(), "acme", m.ID, "wamid.out", time.Now()))
	eventually(t, func() bool {
		thread, err = d.Messages(t.Context(), ann, conversationID, "", 1)
		require.NoError(t, err)
		return thread.Messages[0].Status == portal.StatusRead
	})
	require.False(t, thread.Messages[0].DeliveredAt.IsZero())
}

func message(contact, i int) queue.Message {
	return queue.Message{Body: fmt.Appendf(nil, `{"tenantId":"acme","wamid":"wamid.%d.%d","wa_id":"9198765%d","timestamp":%d,"message_text":"text %d"}`,
		contact, i, contact, 1767225600+i, i)}
}

func early(i int) queue.Message {
	status := []string{"read", "delivered"}[i%2]
	return queue.Message{Body: fmt.Appendf(nil, `{"tenantId":"acme","wamid":"wamid.out","status":%q,"timestamp":"1767225660"}`, status)}
}

type runningBridge struct {
	cancel context.CancelFunc
	done   chan error
}

func start(t *testing.T, cfg bridge.Config) runningBridge {
	ctx, cancel := context.WithCancel(t.Context())
	r := runningBridge{cancel: cancel, done: make(chan error, 1)}
	go func() { r.done <- bridge.New(cfg).Run(ctx) }()
	return r
}

func (r runningBridge) stop(t *testing.T) {
	t.Helper()
	r.cancel()
	require.NoError(t, <-r.done)
}

// eventually asks until it is true; the deadline is for a machine that is busy.
func eventually(t *testing.T, ok func() bool) {
	t.Helper()
	require.Eventually(t, ok, time.Minute, 20*time.Millisecond)
}
