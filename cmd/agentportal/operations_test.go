package main

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/config"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/store"
)

var (
	servedMetric = regexp.MustCompile(`(?m)^# TYPE (portal_\w+) (\w+)$`)
	listedMetric = regexp.MustCompile("(?m)^\\| `(portal_\\w+)`[^|]*\\| (\\w+) \\|")
)

// TestOperationsListsTheMetrics holds the operators' page to what is served.
func TestOperationsListsTheMetrics(t *testing.T) {
	t.Run("OPS-30 the page lists the metrics that are served, with their kinds", func(t *testing.T) {
		p, err := newPortal(t.Context(), config.Portal{
			Addr:         "127.0.0.1:0",
			Database:     config.Database{SQLitePath: filepath.Join(t.TempDir(), "portal.db")},
			InboundQueue: "in", StatusQueue: "status",
			AccessTTL: time.Hour, RefreshTTL: time.Hour, LogRetention: time.Hour,
		})
		require.NoError(t, err)
		defer p.close()
		require.NoError(t, p.db.PutTenant(t.Context(), portal.Tenant{ID: "acme", Name: "Acme"}))
		fillFigures(t, p)
		p.http.Handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest(http.MethodGet, "/api/conversations", nil)) // a call is timed

		w := httptest.NewRecorder()
		p.http.Handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
		page, err := os.ReadFile("../../docs/OPERATIONS.md")
		require.NoError(t, err)
		served, listed := kinds(servedMetric, w.Body.String()), kinds(listedMetric, string(page))
		require.Equal(t, slices.Sorted(maps.Keys(served)), slices.Sorted(maps.Keys(listed)))
		require.Equal(t, served, listed)
		require.Greater(t, len(served), 20)
	})
}

// fillFigures has a message received and a reply waiting, so that there is an oldest of each.
func fillFigures(t *testing.T, p *portalServer) {
	t.Helper()
	ctx := t.Context()
	for _, err := range p.desk.Receive(ctx, "acme", []desk.Inbound{{TenantID: "acme", WAMID: "w", WaID: "49", At: portal.UnixMilli(1), Type: portal.TypeText, Text: "hello"}}) {
		require.NoError(t, err)
	}
	ann := portal.Identity{TenantID: "acme", UserID: "ann", Role: portal.RoleAgent}
	var found []*portal.Conversation
	require.NoError(t, p.db.View(ctx, "acme", func(tx store.ReadTx) (err error) {
		found, err = tx.ListConversations(ctx, store.ConversationQuery{Limit: 1})
		return err
	}))
	_, _, err := p.desk.Reply(ctx, ann, found[0].ID, desk.ReplyInput{Text: "hello", ClientID: "c"})
	require.NoError(t, err)
}

func kinds(form *regexp.Regexp, text string) map[string]string {
	found := map[string]string{}
	for _, m := range form.FindAllStringSubmatch(text, -1) {
		found[m[1]] = m[2]
	}
	return found
}
