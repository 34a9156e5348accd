package rest_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// addCustomers gives acme n more conversations, a second apart, newest last.
func (w *world) addCustomers(n int) {
	w.t.Helper()
	for i := range n {
		w.pass(time.Second)
		errs := w.desk.Receive(w.t.Context(), "acme", []desk.Inbound{{TenantID: "acme", WAMID: fmt.Sprintf("wamid.c%d", i),
			WaID: fmt.Sprintf("4915100%03d", i), ContactName: fmt.Sprintf("Customer %d", i), At: portal.At(w.now()), Type: portal.TypeText, Text: "Hi"}})
		require.NoError(w.t, errs[0])
	}
}

// names are the contacts of a list, in its order.
func names(t *testing.T, r reply) (found []string) {
	t.Helper()
	require.Equal(t, 200, r.status, string(r.raw))
	for _, c := range r.json(t)["conversations"].([]any) {
		found = append(found, at(c, "contact", "name").(string))
	}
	return found
}

func TestList(t *testing.T) {
	w := newWorld(t)
	w.addCustomers(3)
	john := "/api/conversations/" + w.conversation["acme"]
	require.Equal(t, 200, w.post(john+"/assign", `{"userId":"ann-acme"}`).status)
	require.Equal(t, 200, w.post(john+"/status", `{"status":"closed"}`).status)
	for query, want := range map[string][]string{
		"":                      {"Customer 2", "Customer 1", "Customer 0", "John Doe"},
		"?status=closed":        {"John Doe"},
		"?status=active":        {"Customer 2", "Customer 1", "Customer 0"},
		"?assignee=me":          {"John Doe"},
		"?assignee=ann-acme":    {"John Doe"},
		"?assignee=ben-acme":    nil,
		"?assignee=unassigned":  {"Customer 2", "Customer 1", "Customer 0"},
		"?search=CUSTOMER%201":  {"Customer 1"},
		"?search=98765":         {"John Doe"},
		"?sort=unread&limit=1":  {"John Doe"},
		"?sort=createdAt":       {"Customer 2", "Customer 1", "Customer 0", "John Doe"},
		"?limit=2":              {"Customer 2", "Customer 1"},
		"?status=active&search": {"Customer 2", "Customer 1", "Customer 0"},
	} {
		t.Run("REST-50 "+query, func(t *testing.T) {
			require.Equal(t, want, names(t, w.get("/api/conversations"+query)))
		})
	}
	t.Run("REST-51 cursors go through the list once", func(t *testing.T) {
		first := w.get("/api/conversations?limit=3")
		cursor := first.json(t)["nextCursor"].(string)
		second := w.get("/api/conversations?limit=3&cursor=" + cursor)
		require.Equal(t, []string{"John Doe"}, names(t, second))
		require.Nil(t, second.json(t)["nextCursor"])
		require.EqualValues(t, 5, second.json(t)["unreadTotal"])
		isProblem(t, w.get("/api/conversations?sort=unread&cursor="+cursor), 422)
	})
	t.Run("REST-52 50 to a page unless asked", func(t *testing.T) {
		w := newWorld(t)
		w.addCustomers(60)
		require.Len(t, names(t, w.get("/api/conversations")), 50)
		require.Len(t, names(t, w.get("/api/conversations?limit=200")), 61)
	})
}

func TestReply(t *testing.T) {
	w := newWorld(t)
	thread := "/api/conversations/" + w.conversation["acme"] + "/messages"
	first := w.post(thread, `{"text":"Hello","clientId":"c-1"}`)
	require.Equal(t, http.StatusCreated, first.status)
	t.Run("REST-53 the same again is 200 and the same message, with another text 409", func(t *testing.T) {
		again := w.post(thread, `{"text":"Hello","clientId":"c-1"}`)
		require.Equal(t, http.StatusOK, again.status)
		require.JSONEq(t, string(first.raw), string(again.raw))
		isProblem(t, w.post(thread, `{"text":"Bye","clientId":"c-1"}`), 409)
	})
	t.Run("REST-54 a reply that another agent overtook is 409 with the newer ones, unless forced", func(t *testing.T) {
		page := w.get(thread).json(t)["messages"].([]any)
		seen := at(page[1], "id").(string)
		body := fmt.Sprintf(`{"text":"Me too","clientId":"c-2","seenMessageId":%q}`, seen)
		overtaken := w.do(request{method: http.MethodPost, path: thread, body: body, token: w.token("ben@acme")})
		p := isProblem(t, overtaken, 409)
		require.Equal(t, first.json(t)["message"], p["newer"].([]any)[0])
		forced := w.do(request{method: http.MethodPost, path: thread, body: body[:len(body)-1] + `,"force":true}`, token: w.token("ben@acme")})
		require.Equal(t, 201, forced.status)
		null := w.do(request{method: http.MethodPost, path: thread, body: `{"text":"x","clientId":"c-3","seenMessageId":null,"force":null}`, token: w.token("ben@acme")})
		require.Equal(t, 201, null.status, "null is absent")
	})
	t.Run("REST-55 pages go back to the thread's beginning", func(t *testing.T) {
		var texts []any
		for path := thread + "?limit=2"; path != ""; {
			r := w.get(path).json(t)
			page := r["messages"].([]any)
			for i := len(page) - 1; i >= 0; i-- {
				texts = append(texts, at(page[i], "text"))
			}
			path = ""
			if next, ok := r["nextCursor"].(string); ok {
				path = thread + "?limit=2&before=" + next
			}
		}
		require.Equal(t, []any{"x", "Me too", "Hello", "Anyone there?", "Hello"}, texts)
	})
	t.Run("REST-56 an unknown assignee is 422, a second active conversation 409", func(t *testing.T) {
		here := "/api/conversations/" + w.conversation["acme"]
		isProblem(t, w.post(here+"/assign", `{"userId":"nobody"}`), 422)
		isProblem(t, w.post(here+"/assign", `{"userId":"ann-globex"}`), 422)
		isProblem(t, w.post(here+"/assign", `{}`), 422)
		require.Equal(t, 200, w.post(here+"/status", `{"status":"closed"}`).status)
		errs := w.desk.Receive(t.Context(), "acme", []desk.Inbound{{TenantID: "acme", WAMID: "wamid.again", WaID: "919876543210",
			At: portal.At(w.now()), Type: portal.TypeText, Text: "Me again"}})
		require.NoError(t, errs[0])
		isProblem(t, w.post(here+"/status", `{"status":"active"}`), 409)
		isProblem(t, w.post(thread, `{"text":"Hello?","clientId":"c-9"}`), 409)
		require.Len(t, names(t, w.get("/api/contacts/"+w.contact["acme"]+"/conversations")), 2)
	})
}

func TestChannel(t *testing.T) {
	t.Run("REST-57 the provider's secrets are masked, and stay when they aren't sent", func(t *testing.T) {
		w := newWorld(t)
		r := w.do(request{method: http.MethodPut, path: "/api/settings/whatsapp", body: `{"displayPhoneNumber":"+49 151"}`, token: w.token("ann@acme"),
			header: http.Header{"X-Forwarded-Proto": {"https"}}})
		require.Equal(t, 200, r.status, string(r.raw))
		body := r.json(t)
		require.NotContains(t, string(r.raw), "access-token-of-acme")
		require.NotContains(t, string(r.raw), "app-secret-of-acme")
		require.Equal(t, "+49 151", body["displayPhoneNumber"])
		require.Equal(t, "verify-acme", body["verifyToken"])
		require.Equal(t, "https://example.com/webhooks/whatsapp", body["webhookUrl"])
		tenant, err := w.desk.TenantByPhoneNumberID(t.Context(), "1055")
		require.NoError(t, err)
		require.Equal(t, "access-token-of-acme", tenant.WhatsApp.AccessToken)
	})
}

func TestRoleChange(t *testing.T) {
	t.Run("REST-58 a changed role counts within seconds, without signing in again", func(t *testing.T) {
		w := newWorld(t)
		read := request{method: http.MethodPost, path: "/api/conversations/" + w.conversation["acme"] + "/read", token: w.token("ben@acme")}
		require.Equal(t, 200, w.do(read).status)
		require.Equal(t, 200, w.do(request{method: http.MethodPatch, path: "/api/users/ben-acme", body: `{"role":"viewer"}`, token: w.token("ann@acme")}).status)
		w.pass(5 * time.Second)
		isProblem(t, w.do(read), 403)
	})
}
