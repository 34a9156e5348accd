package live_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/asyncapi"
	"github.com/agentportal/portal/internal/live"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden holds one body of each event that live makes itself, and of its acknowledgements, to the files that the
// page's tests read. The durable events' are the desk's.
func TestGolden(t *testing.T) {
	b := newBench(t)
	room := b.receive("acme", "4915")
	ann, ben := b.signIn("ann@acme.test"), b.signIn("ben@acme.test")
	until := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC).AddDate(100, 0, 0)
	b.ends.Store(ann.Access, until)
	b.ends.Store(ben.Access, until)
	always := strings.NewReplacer(room, "id-1")
	check := func(name string, raw []byte) {
		t.Helper()
		t.Run("LIVE-43 "+name, func(t *testing.T) { golden(t, name, always.Replace(string(raw))) })
	}
	body := map[string]any{"conversationId": room}

	p, _ := dial(t, b.url)
	p.connect(map[string]any{"token": ann.Access})
	ready := p.event()
	require.Equal(t, "session:ready", ready.Name)
	check("live.session-ready", ready.Args[0])
	joined, _ := p.ask("conversation:join", body)
	check("ack.joined", joined)
	refreshed, _ := p.ask("auth:refresh", map[string]any{"token": ann.Access})
	check("ack.refreshed", refreshed)
	pinged, _ := p.ask("session:ping", map[string]any{})
	check("ack.pinged", pinged)

	other := b.online(ben.Access)
	other.call("conversation:join", body)
	done, _ := p.ask("typing:start", body)
	check("ack.done", done)
	check("live.typing-start", last(other.until("typing:start")).Args[0])
	p.call("typing:stop", body)
	check("live.typing-stop", last(other.until("typing:stop")).Args[0])

	refused := func(name, event string, body any) {
		t.Helper()
		raw, _ := p.ask(event, body)
		check("ack.refused."+name, raw)
	}
	refused("invalid", "conversation:join", map[string]any{"conversationId": 5})
	refused("unknown", "conversation:destroy", body)
	refused("missing", "conversation:join", map[string]any{"conversationId": "none"})
	watching := b.online(b.signIn("vic@acme.test").Access)
	watching.call("conversation:join", body)
	forbidden, _ := watching.ask("typing:start", body)
	check("ack.refused.forbidden", forbidden)
	flood := make([]string, 200)
	for i := range flood {
		flood[i] = `42["typing:stop",{"conversationId":"` + room + `"}]`
	}
	hurried, _ := p.ask("typing:stop", body, flood...)
	check("ack.refused.rate-limited", hurried)
	_, err := b.db.TrimEvents(t.Context(), time.Now().Add(time.Hour), 10_000)
	require.NoError(t, err)
	refused("gone", "conversation:join", map[string]any{"conversationId": room, "since": 1})
	_, err = b.db.DB().ExecContext(t.Context(), "ALTER TABLE conversations RENAME TO lost")
	require.NoError(t, err)
	refused("internal", "conversation:join", body)
}

func last(events []event) event { return events[len(events)-1] }

// golden compares a body with its file, or writes it.
func golden(t *testing.T, name, raw string) {
	t.Helper()
	path := filepath.Join("..", "..", "testdata", "golden", name+".json")
	var got bytes.Buffer
	require.NoError(t, json.Indent(&got, []byte(raw), "", "  "))
	got.WriteByte('\n')
	if *update {
		require.NoError(t, os.WriteFile(path, got.Bytes(), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "write it with: go test ./internal/live -run Golden -update")
	require.Equal(t, string(want), got.String())
}

func TestTheDocumentHasEveryEvent(t *testing.T) {
	t.Run("REST-47 what clients may send is what live takes", func(t *testing.T) {
		raw, err := json.Marshal(asyncapi.Document("test"))
		require.NoError(t, err)
		var d struct {
			Components struct {
				Messages map[string]struct{ Name string }
			}
		}
		require.NoError(t, json.Unmarshal(raw, &d))
		var documented []string
		for key, message := range d.Components.Messages {
			if strings.HasPrefix(key, "client.") {
				documented = append(documented, message.Name)
			}
		}
		require.ElementsMatch(t, live.ClientEvents(), documented)
	})
}
