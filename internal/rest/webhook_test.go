package rest_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/bridge"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/queue/embedded"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
	"github.com/agentportal/portal/internal/whatsapp"
)

// samples are webhooks as Meta's documentation shows them, one of each kind.
const samples = "../../testdata/whatsapp"

// overheard notes what is published.
type overheard struct {
	queue.Queue
	mu     sync.Mutex
	bodies map[string][]json.RawMessage
}

func (o *overheard) Publish(ctx context.Context, name string, msgs ...queue.Message) error {
	o.mu.Lock()
	for _, m := range msgs {
		o.bodies[name] = append(o.bodies[name], m.Body)
	}
	o.mu.Unlock()
	return o.Queue.Publish(ctx, name, msgs...)
}

// take gives what was published since the last time.
func (o *overheard) take() map[string][]json.RawMessage {
	o.mu.Lock()
	defer o.mu.Unlock()
	taken := o.bodies
	o.bodies = map[string][]json.RawMessage{}
	return taken
}

// phones is a world whose webhook, queue and bridge run.
type phones struct {
	*world
	queue   *overheard
	webhook http.Handler
}

func newPhones(t *testing.T) *phones {
	t.Helper()
	w := newWorld(t)
	file, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(t.TempDir(), "queue.db"),
		Extra: []store.MigrationSet{{Table: embedded.VersionTable, FS: embedded.Migrations()}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	require.NoError(t, file.Migrate(t.Context()))
	q, err := embedded.Open(t.Context(), embedded.Config{DB: file.DB()})
	require.NoError(t, err)
	p := &phones{world: w, queue: &overheard{Queue: q, bodies: map[string][]json.RawMessage{}}}
	p.webhook = whatsapp.NewWebhook(whatsapp.WebhookConfig{Tenants: w.store, Queue: p.queue})
	require.NoError(t, q.Declare(t.Context(), bridge.DefaultInboundQueue, bridge.DefaultStatusQueue))
	ctx, stop := context.WithCancel(context.WithoutCancel(t.Context()))
	done := make(chan error, 1)
	go func() { done <- bridge.New(bridge.Config{Queue: q, Desk: w.desk}).Run(ctx) }()
	t.Cleanup(func() {
		stop()
		require.NoError(t, <-done)
		require.NoError(t, q.Close())
	})
	return p
}

// calls the webhook as Meta does, and gives what then stands in the queues.
func (p *phones) calls(t *testing.T, body []byte) map[string][]json.RawMessage {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/whatsapp", bytes.NewReader(body))
	r.Header.Set(whatsapp.SignatureHeader, whatsapp.Sign("app-secret-of-acme", body))
	rec := httptest.NewRecorder()
	p.webhook.ServeHTTP(rec, r)
	require.Equal(t, http.StatusOK, rec.Code, rec.Body)
	return p.queue.take()
}

// awaits the newest message of a contact, as REST gives it.
func (p *phones) awaits(t *testing.T, waID string) json.RawMessage {
	t.Helper()
	var id string
	require.Eventually(t, func() bool {
		list := p.get("/api/conversations?search=" + waID).json(t)["conversations"].([]any)
		if len(list) == 1 {
			id = list[0].(map[string]any)["id"].(string)
		}
		return id != ""
	}, time.Minute, 5*time.Millisecond)
	var page struct{ Messages []json.RawMessage }
	require.NoError(t, json.Unmarshal(p.get("/api/conversations/"+id+"/messages").raw, &page))
	require.Len(t, page.Messages, 1)
	return page.Messages[0]
}

func sampleNames(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(samples, pattern))
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for i := range files {
		files[i] = strings.TrimSuffix(filepath.Base(files[i]), ".json")
	}
	return files
}

// TestEverySampleBecomesAMessage carries each of Meta's samples through webhook, queue, bridge and desk to REST. The
// page's tests draw what comes out.
func TestEverySampleBecomesAMessage(t *testing.T) {
	p := newPhones(t)
	for _, name := range sampleNames(t, "*.json") {
		if strings.HasPrefix(name, "status.") {
			continue
		}
		t.Run("WA-15 "+name, func(t *testing.T) {
			body, err := os.ReadFile(filepath.Join(samples, name+".json"))
			require.NoError(t, err)
			inbound := p.calls(t, body)[bridge.DefaultInboundQueue]
			require.Len(t, inbound, 1)
			kept(t, "queue.inbound."+name, inbound[0])
			var in whatsapp.Inbound
			require.NoError(t, json.Unmarshal(inbound[0], &in))
			kept(t, "message."+name, p.awaits(t, in.WaID))
		})
	}
}

func TestEveryStatusSample(t *testing.T) {
	p := newPhones(t)
	ctx := t.Context()
	names := sampleNames(t, "status.*.json")
	reached := map[string]portal.MessageStatus{"status.sent": portal.StatusSent, "status.delivered": portal.StatusDelivered,
		"status.read": portal.StatusRead, "status.failed": portal.StatusFailed, "status.played": portal.StatusSent}
	require.Len(t, names, len(reached))
	ann := portal.Identity{TenantID: "acme", UserID: "ann-acme", Role: portal.RoleAdmin}
	here := p.conversation["acme"]
	for _, name := range names {
		t.Run("WA-16 "+name, func(t *testing.T) {
			m, _, err := p.desk.Reply(ctx, ann, here, desk.ReplyInput{Text: "Hi", ClientID: name, Force: true})
			require.NoError(t, err)
			_, err = p.desk.ClaimSends(ctx, time.Minute, 10)
			require.NoError(t, err)
			wamid := "wamid.of." + name
			require.NoError(t, p.desk.SendAccepted(ctx, "acme", m.ID, wamid, p.now()))

			sample, err := os.ReadFile(filepath.Join(samples, name+".json"))
			require.NoError(t, err)
			var hook whatsapp.Payload
			require.NoError(t, json.Unmarshal(sample, &hook))
			var status map[string]any
			require.NoError(t, json.Unmarshal(hook.Entry[0].Changes[0].Value.Statuses[0], &status))
			status["id"] = wamid
			hook.Entry[0].Changes[0].Value.Statuses[0], err = json.Marshal(status)
			require.NoError(t, err)
			body, err := json.Marshal(hook)
			require.NoError(t, err)

			reports := p.calls(t, body)[bridge.DefaultStatusQueue]
			require.Len(t, reports, 1)
			kept(t, "queue.status."+strings.TrimPrefix(name, "status."), reports[0])
			if name == "status.played" { // not known: acknowledged and ignored, so there is nothing to wait for
				return
			}
			var got *portal.Message
			require.Eventually(t, func() bool {
				page, err := p.desk.Messages(ctx, ann, here, "", 1)
				require.NoError(t, err)
				got = page.Messages[0]
				return got.Status == reached[name] && (name != "status.sent" || !got.SentAt.IsZero())
			}, time.Minute, 5*time.Millisecond)
			if name == "status.failed" {
				require.Equal(t, "131049", got.Error.Code)
				require.Equal(t, "This message was not delivered to maintain healthy ecosystem engagement.", got.Error.Message)
			}
		})
	}
}

// TestWebhookBadInput says, for what can come from outside, what the webhook answers and what becomes of it.
func TestWebhookBadInput(t *testing.T) {
	p := newPhones(t)
	const text, status, letter = "text", "status", "dead letter"
	envelope := func(value string) string {
		return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{"metadata":{"phone_number_id":"1055"},` + value + `}}]}]}`
	}
	message := func(rest string) string {
		return envelope(`"messages":[{"from":"4915","id":"wamid.bad","timestamp":"1767225600",` + rest + `}]`)
	}
	deep := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	long := strings.Repeat("é🙂", 5_000)
	for name, row := range map[string]struct {
		body   string
		answer int
		then   string // what becomes of it: a message's text, or a dead letter's reason
		want   string
	}{
		"an empty body":                    {"", 400, "", ""},
		"cut off":                          {message(`"type":"text"`)[:60], 400, "", ""},
		"two documents":                    {`{} {}`, 400, "", ""},
		"a list":                           {`[]`, 400, "", ""},
		"null":                             {`null`, 200, "", ""},
		"nested too deep":                  {message(`"type":"x","x":` + deep(20_000)), 400, "", ""},
		"entry that is an object":          {`{"entry":{}}`, 400, "", ""},
		"nested deep":                      {message(`"type":"x","x":` + deep(5_000)), 200, text, deep(5_000)},
		"invalid UTF-8":                    {message(`"type":"text","text":{"body":"a` + "\xff\xc3" + `b"}`), 200, text, "a\uFFFDb"},
		"a lone surrogate":                 {message(`"type":"text","text":{"body":"a\ud800b"}`), 200, text, "a\uFFFDb"},
		"a surrogate of an unknown kind":   {message(`"type":"x","x":"a\udc00b"`), 200, text, `"a\udc00b"`},
		"U+0000":                           {message(`"type":"text","text":{"body":"a\u0000b"}`), 200, text, "a\uFFFDb"},
		"ten thousand characters":          {message(`"type":"text","text":{"body":"` + long + `"}`), 200, text, long},
		"blanks only":                      {message(`"type":"text","text":{"body":"  "}`), 200, text, "  "},
		"no text in a text":                {message(`"type":"text","text":{}`), 200, text, "{}"},
		"a text that is a number":          {message(`"type":"text","text":{"body":5}`), 200, text, `{"body":5}`},
		"a type that is a number":          {message(`"type":5,"text":{"body":"x"}`), 200, text, `{"from":"4915","id":"wamid.bad","text":{"body":"x"},"timestamp":"1767225600","type":5}`},
		"an endless type":                  {message(`"type":"` + strings.Repeat("x", 300) + `"`), 200, text, `{"from":"4915","id":"wamid.bad","timestamp":"1767225600","type":"` + strings.Repeat("x", 300) + `"}`},
		"markup":                           {message(`"type":"text","text":{"body":"<script>alert(1)</script>"}`), 200, text, "<script>alert(1)</script>"},
		"a time out of range":              {envelope(`"messages":[{"from":"4915","id":"wamid.bad","timestamp":1e400,"type":"text","text":{"body":"x"}}]`), 200, letter, "timestamp is no time: Unix seconds or RFC 3339 are"},
		"no time":                          {envelope(`"messages":[{"from":"4915","id":"wamid.bad","type":"text","text":{"body":"x"}}]`), 200, letter, "timestamp is missing"},
		"no id":                            {envelope(`"messages":[{"from":"4915","timestamp":"1767225600","type":"text","text":{"body":"x"}}]`), 200, letter, "wamid is missing"},
		"no sender":                        {envelope(`"messages":[{"id":"wamid.bad","timestamp":"1767225600","type":"text","text":{"body":"x"}}]`), 200, letter, "wa_id is missing"},
		"a sender that is no number":       {envelope(`"messages":[{"from":"ann","id":"wamid.bad","timestamp":"1767225600","type":"text","text":{"body":"x"}}]`), 200, letter, "wa_id is no phone number"},
		"a message that is a word":         {envelope(`"messages":["odd"]`), 200, letter, "wamid is missing"},
		"messages that are no list":        {envelope(`"messages":{}`), 200, "", ""},
		"a report without a status":        {envelope(`"statuses":[{"id":"wamid.x","timestamp":"1"}]`), 200, status, "status is missing"},
		"a report of a wrong shape":        {envelope(`"statuses":[7]`), 200, status, "wamid is missing"},
		"a report with errors of no shape": {envelope(`"statuses":[{"id":"wamid.unknown","status":"failed","timestamp":"1","errors":"odd"}]`), 200, "", ""},
	} {
		t.Run("WA-17 "+name, func(t *testing.T) {
			// Each has a contact and an id of its own.
			own := fmt.Sprint(49_000_000_000 + p.ids.Add(1))
			body := []byte(strings.NewReplacer(`"4915"`, `"`+own+`"`, "wamid.bad", "wamid."+own).Replace(row.body))
			want := strings.NewReplacer(`"4915"`, `"`+own+`"`, "wamid.bad", "wamid."+own).Replace(row.want)
			r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/whatsapp", bytes.NewReader(body))
			r.Header.Set(whatsapp.SignatureHeader, whatsapp.Sign("app-secret-of-acme", body))
			rec := httptest.NewRecorder()
			p.webhook.ServeHTTP(rec, r)
			require.Equal(t, row.answer, rec.Code, rec.Body)
			require.True(t, statusesOf(t)[fmt.Sprint("POST /webhooks/whatsapp ", rec.Code)], "REST-66")
			require.Equal(t, row.answer != http.StatusOK, rec.Header().Get("Content-Type") == "application/problem+json")
			switch row.then {
			case text:
				var m portal.Message
				require.NoError(t, json.Unmarshal(p.awaits(t, own), &m))
				require.Equal(t, want, m.Text)
			case letter:
				p.buries(t, bridge.DefaultInboundQueue, want)
			case status:
				p.buries(t, bridge.DefaultStatusQueue, want)
			}
		})
	}
}

// buries waits for a dead letter with the reason, and takes it away.
func (p *phones) buries(t *testing.T, name, reason string) {
	t.Helper()
	var letters []queue.DeadLetter
	require.Eventually(t, func() bool {
		var err error
		letters, err = p.queue.DeadLetters().List(t.Context(), name, 10)
		require.NoError(t, err)
		return len(letters) == 1
	}, time.Minute, 5*time.Millisecond)
	require.Equal(t, reason, letters[0].Reason)
	require.NoError(t, p.queue.DeadLetters().Discard(t.Context(), name, letters[0].Key))
}
