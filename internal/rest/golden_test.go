package rest_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/rest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// goldens is where the golden bodies of all packages lie; the page's tests read them too.
const goldens = "../../testdata/golden"

// golden holds an answer to its golden file.
func golden(t *testing.T, name string, r reply) {
	t.Helper()
	kept(t, "rest."+name, bytes.TrimSpace(r.raw))
}

// kept holds a body to its golden file.
func kept(t *testing.T, name string, raw []byte) {
	t.Helper()
	same(t, filepath.Join(goldens, name+".json"), raw)
}

// same holds JSON to a file.
func same(t *testing.T, path string, raw []byte) {
	t.Helper()
	var got bytes.Buffer
	require.NoError(t, json.Indent(&got, raw, "", "  "))
	got.WriteByte('\n')
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got.Bytes(), 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err, "go test ./internal/rest -update writes it")
	require.Equal(t, string(want), got.String(), "go test ./internal/rest -update writes what has changed on purpose")
}

// TestGolden plays one conversation and holds every body on the way to its golden file.
func TestGolden(t *testing.T) {
	var answered string // which answer the last one was
	w := newWorld(t, func(c *rest.Config) {
		c.Observe = func(method, route string, status int, _ time.Duration) {
			answered = fmt.Sprintf("%s %s %d", method, route, status)
		}
	})
	answers := map[string]string{}
	here := "/api/conversations/" + w.conversation["acme"]
	ben := func(path, body string) reply {
		return w.do(request{method: http.MethodPost, path: path, body: body, token: w.token("ben@acme")})
	}
	check := func(name string, r reply) {
		t.Helper()
		answers["rest."+name+".json"] = answered
		t.Run("REST-45 "+name, func(t *testing.T) { golden(t, name, r) })
	}

	in := w.signIn(nil)
	check("session", timeless(t, in))
	again := w.do(request{method: http.MethodPost, path: "/api/auth/refresh", header: http.Header{"Cookie": {in.header.Get("Set-Cookie")}}})
	check("session.refreshed", timeless(t, again))
	check("has-session", w.do(request{method: http.MethodGet, path: "/api/auth/session"}))
	check("me", w.get("/api/me"))
	check("users", w.get("/api/users"))
	check("conversations", w.get("/api/conversations"))
	seen := w.get(here + "/messages").json(t)["messages"].([]any)[1].(map[string]any)["id"].(string)

	w.pass(time.Minute)
	check("assigned", w.post(here+"/assign", `{"userId":"ben-acme"}`))
	check("read", ben(here+"/read", ""))
	w.pass(time.Minute)
	check("reply", ben(here+"/messages", `{"text":"Good day! How can I help?","clientId":"c-1"}`))
	check("problem.newer", w.post(here+"/messages", `{"text":"Hi!","clientId":"c-2","seenMessageId":"`+seen+`"}`))
	w.play()
	check("messages", w.get(here+"/messages"))
	check("messages.page", w.get(here+"/messages?limit=1"))
	check("closed", ben(here+"/status", `{"status":"closed"}`))
	check("conversation", w.get(here))
	check("contact-conversations", w.get("/api/contacts/"+w.contact["acme"]+"/conversations"))
	check("metrics", w.get("/api/dashboard/metrics"))
	check("message-volume", w.get("/api/dashboard/message-volume?period=7d"))
	check("delivery-stats", w.get("/api/dashboard/delivery-stats?period=7d"))

	check("settings", w.get("/api/settings"))
	check("channel", w.get("/api/settings/whatsapp"))
	check("channel-test", w.post("/api/settings/whatsapp/test", ""))
	put := request{method: http.MethodPut, path: "/api/settings/whatsapp", body: `{"displayPhoneNumber":"+1 555 0199"}`, token: w.token("ann@acme")}
	check("channel.changed", w.do(put))
	check("user", w.post("/api/users", `{"email":"Eve@acme.test","name":"Eve","password":"long enough","role":"viewer"}`))
	check("user.changed", w.do(request{method: http.MethodPatch, path: "/api/users/viv-acme", body: `{"name":"Vivian"}`, token: w.token("ann@acme")}))
	check("dead-letters", w.get("/api/dead-letters"))

	check("problem.closed", ben(here+"/messages", `{"text":"Are you there?","clientId":"c-3"}`))
	check("problem.invalid", ben(here+"/messages", `{"text":12}`))
	check("problem.unauthorized", w.do(request{method: http.MethodGet, path: here}))
	check("problem.forbidden", w.do(request{method: http.MethodPost, path: here + "/read", token: w.token("viv@acme")}))
	check("problem.missing", w.get("/api/conversations/none"))
	check("problem.malformed", ben(here+"/messages", `{"text":`))
	w.store.away.Store(true)
	check("problem.unavailable", ben(here+"/read", ""))
	w.store.away.Store(false)
	w.store.broken.Store(true)
	check("problem.internal", ben(here+"/read", ""))
	w.store.broken.Store(false)
	for range 1250 {
		w.get("/api/settings")
	}
	check("problem.rate-limited", w.get(here))

	t.Run("REST-67 each is listed with the answer that it is", func(t *testing.T) {
		list, err := json.Marshal(answers)
		require.NoError(t, err)
		same(t, filepath.Join(filepath.Dir(goldens), "goldens.json"), list)
	})
	t.Run("REST-67 there is one of every code that a problem can have", func(t *testing.T) {
		codes := map[portal.Code]bool{}
		for file := range answers {
			var p rest.Problem
			content, err := os.ReadFile(filepath.Join(goldens, file))
			require.NoError(t, err)
			if require.NoError(t, json.Unmarshal(content, &p)); p.Status >= 400 {
				codes[p.Code] = true
			}
		}
		for _, code := range constantsOf(t, "../../error.go", "Code") {
			if code != string(portal.Gone) { // which is said of logs, to sockets
				require.True(t, codes[portal.Code(code.(string))], code)
			}
		}
	})
}

// timeless is a session's answer without what is another one each time.
func timeless(t *testing.T, r reply) reply {
	t.Helper()
	session := r.json(t)
	session["accessToken"] = "header.claims.signature"
	raw, err := json.Marshal(session)
	require.NoError(t, err)
	return reply{status: r.status, raw: raw}
}

// play lets the provider and the customer act: the reply is delivered and read, a picture comes, a second reply fails.
func (w *world) play() {
	t, ctx := w.t, w.t.Context()
	ben := portal.Identity{TenantID: "acme", UserID: "ben-acme", Name: "Ben", Role: portal.RoleAgent}
	send := func(wamid string) string {
		sends, err := w.desk.ClaimSends(ctx, time.Minute, 10)
		require.NoError(t, err)
		require.Len(t, sends, 1)
		if wamid != "" {
			require.NoError(t, w.desk.SendAccepted(ctx, "acme", sends[0].MessageID, wamid, w.now()))
		}
		return sends[0].MessageID
	}
	send("wamid.reply")
	for _, status := range []portal.MessageStatus{portal.StatusDelivered, portal.StatusRead} {
		w.pass(5 * time.Second)
		errs := w.desk.Report(ctx, "acme", []desk.Report{{WAMID: "wamid.reply", Status: status, At: portal.At(w.now())}})
		require.NoError(t, errs[0])
	}
	w.pass(30 * time.Second)
	url, kind := "https://media.example/cat.jpg", "image/jpeg"
	errs := w.desk.Receive(ctx, "acme", []desk.Inbound{{TenantID: "acme", WAMID: "wamid.acme.2", WaID: "919876543210",
		At: portal.At(w.now()), Type: portal.TypeImage, Text: "My cat", MediaURL: &url, MimeType: &kind}})
	require.NoError(t, errs[0])
	_, _, err := w.desk.Reply(ctx, ben, w.conversation["acme"], desk.ReplyInput{Text: "Lovely!", ClientID: "c-9"})
	require.NoError(t, err)
	reason := portal.MessageError{Code: "131026", Message: "Message undeliverable"}
	require.NoError(t, w.desk.SendRejected(ctx, "acme", send(""), reason, w.now()))
}
