package desk_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files")

// TestGolden plays one short story and compares one body of each event, and of its
// variants, with what the page's tests read. DESK-37
func TestGolden(t *testing.T) {
	b := newBench(t)
	b.ids = 0
	tick := func() { b.now = b.now.Add(time.Second) }
	url, mime := "https://media.example/photo.jpg", "image/jpeg"
	events := b.receive(named(desk.Inbound{WAMID: "wamid.A1", WaID: "919876543210", At: portal.At(start.Add(-time.Second)),
		Type: portal.TypeImage, Text: "My order", MediaURL: &url, MimeType: &mime}, "John Doe"))
	golden(t, "conversation-new", events[0])
	golden(t, "message-new", events[1])
	convID := events[0].ConversationID

	tick()
	golden(t, "conversation-updated.contact", b.receive(named(text("wamid.A2", "919876543210", "Hello?"), "John M. Doe"))[0])
	tick()
	id := "ben"
	before := b.seq()
	_, err := b.Assign(t.Context(), ann, convID, &id)
	require.NoError(t, err)
	_, err = b.Read(t.Context(), ben, convID)
	require.NoError(t, err)
	reply := b.reply(convID, "client-1")
	tick()
	_, err = b.ClaimSends(t.Context(), time.Minute, 10)
	require.NoError(t, err)
	require.NoError(t, b.SendAccepted(t.Context(), "acme", reply.ID, "wamid.B1", b.now))
	tick()
	b.report("wamid.B1", portal.StatusRead, b.now)
	tick()
	failing := b.reply(convID, "client-2")
	_, err = b.ClaimSends(t.Context(), time.Minute, 10)
	require.NoError(t, err)
	require.NoError(t, b.SendRejected(t.Context(), "acme", failing.ID, portal.MessageError{Code: "131047", Message: "Re-engagement message"}, b.now))
	_, err = b.Assign(t.Context(), ann, convID, nil)
	require.NoError(t, err)
	_, err = b.SetStatus(t.Context(), ann, convID, portal.ConversationClosed)
	require.NoError(t, err)

	files := map[string]string{"message:new": "message-new.outbound", "conversation:updated message": "conversation-updated", "message:delivered read": "message-delivered"}
	seen := map[string]bool{}
	for _, e := range b.events("acme", before) {
		name := names([]portal.Event{e})[0]
		file, ok := files[name]
		if !ok {
			file = strings.NewReplacer(":", "-", " ", ".").Replace(name)
		}
		if name == "conversation:assigned" && strings.Contains(string(e.Body), `"assignee":null`) {
			file += ".nobody"
		}
		if !seen[file] {
			golden(t, file, e)
		}
		seen[file] = true
	}
	require.Len(t, seen, 9)
}

// golden compares an event's body with its file, or writes it.
func golden(t *testing.T, name string, e portal.Event) {
	t.Helper()
	path := filepath.Join("..", "..", "testdata", "golden", "event."+name+".json")
	var got bytes.Buffer
	require.NoError(t, json.Indent(&got, e.Body, "", "  "))
	got.WriteByte('\n')
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got.Bytes(), 0o644))
		return
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "write it with: go test ./internal/desk -run Golden -update")
	require.Equal(t, string(want), got.String())
}
