package ops_test

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/ops"
	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/queue/embedded"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
)

// office is a queue with dead letters, and the tenants whose they are.
type office struct {
	queue *embedded.Queue
	store *sqlite.Store
	ops   *ops.DeadLetters
}

func newOffice(t *testing.T, tenants ...string) *office {
	t.Helper()
	ctx := t.Context()
	db, err := sqlite.Open(ctx, sqlite.Config{Path: filepath.Join(t.TempDir(), "portal.db"),
		Extra: []store.MigrationSet{{Table: embedded.VersionTable, FS: embedded.Migrations()}}})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	require.NoError(t, db.Migrate(ctx))
	for _, id := range tenants {
		require.NoError(t, db.PutTenant(ctx, portal.Tenant{ID: id, Name: id, WhatsApp: portal.WhatsApp{PhoneNumberID: "number-of-" + id}}))
	}
	q, err := embedded.Open(ctx, embedded.Config{DB: db.DB()})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	require.NoError(t, q.Declare(ctx, "in", "status"))
	return &office{queue: q, store: db, ops: ops.NewDeadLetters(q.DeadLetters(), db, "in", "status")}
}

func (o *office) put(t *testing.T, name, body string) {
	t.Helper()
	require.NoError(t, o.queue.DeadLetters().Put(t.Context(), name, queue.Message{Body: []byte(body)}, "because of "+body[:min(20, len(body))]))
}

func who(tenant string, role portal.Role) portal.Identity {
	return portal.Identity{TenantID: tenant, UserID: "u", Role: role}
}

func (o *office) list(t *testing.T, tenant string) (bodies []string) {
	t.Helper()
	letters, err := o.ops.List(t.Context(), who(tenant, portal.RoleAdmin), 50)
	require.NoError(t, err)
	for _, l := range letters {
		bodies = append(bodies, l.Queue+" "+l.Body)
	}
	return bodies
}

func TestDeadLettersAreTheirTenants(t *testing.T) {
	o := newOffice(t, "acme", "globex")
	for _, body := range []string{
		`{"tenantId":"acme","n":1}`, `{"tenantId":"globex","n":2}`, `{"phone_number_id":"number-of-acme","n":3}`,
		`{"tenantId":"acme","phone_number_id":"number-of-globex","n":4}`, `{"tenantId":"nobody","n":5}`, `{"n":6}`, `no JSON`,
		`{"tenantId":7}`, "\xff\xfe",
	} {
		o.put(t, "in", body)
	}
	o.put(t, "status", `{"tenantId":"acme","n":10}`)
	t.Run("OPS-10 an admin sees those of their own tenant, oldest first", func(t *testing.T) {
		require.Equal(t, []string{`in {"tenantId":"acme","n":1}`, `in {"phone_number_id":"number-of-acme","n":3}`, `status {"tenantId":"acme","n":10}`}, o.list(t, "acme"))
		require.Equal(t, []string{`in {"tenantId":"globex","n":2}`}, o.list(t, "globex"))
	})
	t.Run("OPS-11 what names no tenant, or two, is seen only where there is one tenant", func(t *testing.T) {
		alone := newOffice(t, "acme")
		alone.put(t, "in", "no JSON \xff")
		require.Equal(t, []string{"in no JSON \uFFFD"}, alone.list(t, "acme"))
	})
	t.Run("OPS-12 only admins see any", func(t *testing.T) {
		for _, role := range []portal.Role{portal.RoleAgent, portal.RoleViewer} {
			_, err := o.ops.List(t.Context(), who("acme", role), 50)
			require.Equal(t, portal.Forbidden, portal.CodeOf(err))
		}
	})
}

func TestMovingDeadLetters(t *testing.T) {
	o := newOffice(t, "acme", "globex")
	admin := who("acme", portal.RoleAdmin)
	first := func(name, body string) string {
		t.Helper()
		o.put(t, name, body)
		letters, err := o.ops.List(t.Context(), admin, 50)
		require.NoError(t, err)
		require.Len(t, letters, 1)
		require.Equal(t, body, letters[0].Body)
		require.NotEmpty(t, letters[0].Reason)
		return letters[0].Key
	}
	count := func(name string) int {
		n, err := o.queue.DeadLetters().Count(t.Context(), name)
		require.NoError(t, err)
		return n
	}
	t.Run("OPS-13 republished, a letter is back in its queue", func(t *testing.T) {
		key := first("in", `{"tenantId":"acme","wamid":"w1"}`)
		require.NoError(t, o.ops.Republish(t.Context(), admin, "in", key))
		require.Zero(t, count("in"))
		ctx, stop := context.WithCancel(t.Context())
		defer stop()
		var got string
		require.NoError(t, o.queue.Consume(ctx, "in", queue.ConsumeOptions{}, queue.HandlerFunc(func(ctx context.Context, d *queue.Delivery) {
			got = string(d.Body)
			require.NoError(t, d.Ack(ctx))
			stop()
		})))
		require.JSONEq(t, `{"tenantId":"acme","wamid":"w1"}`, got)
	})
	t.Run("OPS-14 discarded, it is gone for good", func(t *testing.T) {
		key := first("status", `{"tenantId":"acme","wamid":"w2"}`)
		require.NoError(t, o.ops.Discard(t.Context(), admin, "status", key))
		require.Zero(t, count("status"))
		err := o.ops.Discard(t.Context(), admin, "status", key)
		require.Equal(t, portal.NotFound, portal.CodeOf(err))
	})
	t.Run("OPS-15 another tenant's, another queue's and a missing letter are not found, before a role is asked for", func(t *testing.T) {
		key := first("in", `{"tenantId":"acme","wamid":"w3"}`)
		for _, try := range []struct {
			who        portal.Identity
			queue, key string
			want       portal.Code
		}{
			{who("globex", portal.RoleAdmin), "in", key, portal.NotFound},
			{admin, "status", key, portal.NotFound},
			{admin, "elsewhere", key, portal.NotFound},
			{admin, "in.dead", key, portal.NotFound},
			{admin, "in", "none", portal.NotFound},
			{who("acme", portal.RoleViewer), "in", "none", portal.NotFound},
			{who("acme", portal.RoleAgent), "in", key, portal.Forbidden},
		} {
			require.Equal(t, try.want, portal.CodeOf(o.ops.Republish(t.Context(), try.who, try.queue, try.key)), "%+v", try)
			require.Equal(t, try.want, portal.CodeOf(o.ops.Discard(t.Context(), try.who, try.queue, try.key)), "%+v", try)
		}
		require.Equal(t, 1, count("in"))
	})
	t.Run("OPS-16 a queue that is away is unavailable", func(t *testing.T) {
		require.NoError(t, o.queue.Close())
		_, err := o.ops.List(t.Context(), admin, 50)
		require.Equal(t, portal.Unavailable, portal.CodeOf(err))
	})
}

func TestLargeLetters(t *testing.T) {
	t.Run("OPS-17 a long body is cut, never inside a character", func(t *testing.T) {
		o := newOffice(t, "acme")
		for shift := range 4 {
			o.put(t, "in", strings.Repeat("a", shift)+strings.Repeat("😀", 10_000))
		}
		letters, err := o.ops.List(t.Context(), who("acme", portal.RoleAdmin), 3)
		require.NoError(t, err)
		require.Len(t, letters, 3, "the limit")
		for i, l := range letters {
			require.True(t, l.Truncated)
			require.True(t, utf8.ValidString(l.Body))
			require.NotContains(t, l.Body, "\uFFFD", fmt.Sprint(i))
			require.InDelta(t, 16<<10, len(l.Body), 4)
		}
	})
}
