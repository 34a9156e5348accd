package rest_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/rest"
)

const pixels = "0123456789"

// provided is a provider that keeps a file of ten bytes under every id.
func provided(_ context.Context, media desk.Media, part string) (*desk.MediaFile, error) {
	f := &desk.MediaFile{Body: io.NopCloser(strings.NewReader(pixels)), Status: 200, MimeType: media.MimeType, Length: int64(len(pixels))}
	if part == "bytes=2-4" {
		f.Body, f.Status, f.Length, f.Range = io.NopCloser(strings.NewReader(pixels[2:5])), 206, 3, "bytes 2-4/10"
	}
	return f, nil
}

// file lets a customer of a tenant send a file, and returns its message's mediaUrl.
func (w *world) file(tenant, kind, name string) string {
	w.t.Helper()
	id, contact := "of "+name, "4915200"
	errs := w.desk.Receive(w.t.Context(), tenant, []desk.Inbound{{TenantID: tenant, WAMID: "wamid." + name + kind, WaID: contact, At: portal.At(w.now()),
		Type: portal.TypeImage, MediaID: &id, MimeType: &kind, Filename: &name}})
	require.NoError(w.t, errs[0])
	who := portal.Identity{TenantID: tenant, UserID: "ann-" + tenant, Role: portal.RoleAdmin}
	list, err := w.desk.Conversations(w.t.Context(), who, desk.ListInput{Search: contact})
	require.NoError(w.t, err)
	page, err := w.desk.Messages(w.t.Context(), who, list.Conversations[0].ID, "", 0)
	require.NoError(w.t, err)
	i := slices.IndexFunc(page.Messages, func(m *portal.Message) bool { return *m.WAMID == "wamid."+name+kind })
	return *page.Messages[i].MediaURL
}

// setCookie is the cookie of that name that an answer sets.
func setCookie(t *testing.T, r reply, name string) *http.Cookie {
	t.Helper()
	for _, line := range r.header.Values("Set-Cookie") {
		c, err := http.ParseSetCookie(line)
		require.NoError(t, err)
		if c.Name == name {
			return c
		}
	}
	require.Fail(t, "no cookie "+name)
	return nil
}

func TestMedia(t *testing.T) {
	w := newWorld(t)
	get := func(path, who string, header http.Header) reply {
		return w.do(request{method: http.MethodGet, path: path, token: w.token(who), header: header})
	}
	t.Run("REST-70 a file, and a part of it", func(t *testing.T) {
		cat := w.file("acme", "image/png", "Kätzchen.png")
		r := get(cat, "viv@acme", nil)
		require.Equal(t, 200, r.status)
		require.Equal(t, pixels, string(r.raw))
		require.Equal(t, "image/png", r.header.Get("Content-Type"))
		require.Equal(t, "10", r.header.Get("Content-Length"))
		require.Equal(t, "inline; filename*=utf-8''K%C3%A4tzchen.png", r.header.Get("Content-Disposition"))
		part := get(cat, "viv@acme", http.Header{"Range": {"bytes=2-4"}})
		require.Equal(t, 206, part.status)
		require.Equal(t, "234", string(part.raw))
		require.Equal(t, "bytes 2-4/10", part.header.Get("Content-Range"))
		other := get(cat, "viv@acme", http.Header{"Range": {"bytes=2-4"}, "If-Range": {`"another"`}})
		require.Equal(t, 200, other.status, "of another file no part")
		head := w.do(request{method: http.MethodHead, path: cat, token: w.token("viv@acme")})
		require.Equal(t, 200, head.status)
		require.Empty(t, head.raw)
	})
	t.Run("REST-72 shown or saved, by type", func(t *testing.T) {
		for kind, shown := range map[string]string{
			"image/jpeg": "image/jpeg", "audio/ogg; codecs=opus": "audio/ogg", "video/mp4": "video/mp4", "application/pdf": "application/pdf",
			"image/svg+xml": "", "text/html": "", "application/xhtml+xml": "", "text/javascript": "", "": "", "nonsense": "",
		} {
			r := get(w.file("acme", kind, "a"), "ann@acme", nil)
			require.Equal(t, 200, r.status)
			require.Equal(t, "nosniff", r.header.Get("X-Content-Type-Options"))
			require.Contains(t, r.header.Get("Content-Security-Policy"), "default-src 'none'")
			if kind != "application/pdf" {
				require.Contains(t, r.header.Get("Content-Security-Policy"), "sandbox")
			}
			if shown == "" {
				require.Equal(t, "application/octet-stream", r.header.Get("Content-Type"), kind)
				require.Equal(t, "attachment; filename=a", r.header.Get("Content-Disposition"), kind)
				continue
			}
			require.Equal(t, shown, r.header.Get("Content-Type"))
			require.Equal(t, "inline; filename=a", r.header.Get("Content-Disposition"), kind)
		}
	})
	t.Run("a message without a file is 404", func(t *testing.T) {
		errs := w.desk.Receive(t.Context(), "acme", []desk.Inbound{{TenantID: "acme", WAMID: "wamid.text", WaID: "4915200", At: portal.At(w.now()), Type: portal.TypeText, Text: "x"}})
		require.NoError(t, errs[0])
		list := get("/api/conversations?search=4915200", "ann@acme", nil).json(t)
		last := at(list["conversations"].([]any)[0], "lastMessage", "id").(string)
		isProblem(t, get("/api/media/"+last, "ann@acme", nil), 404)
	})
}

func TestMediaCookie(t *testing.T) {
	w := newWorld(t)
	cat := w.file("acme", "image/png", "cat.png")
	signedIn := w.signIn(http.Header{"X-Forwarded-Proto": {"https"}})
	c := setCookie(t, signedIn, "portal_media")
	with := func(c *http.Cookie) http.Header { return http.Header{"Cookie": {c.Name + "=" + c.Value}} }
	t.Run("REST-71 the cookie opens media and nothing else", func(t *testing.T) {
		require.Equal(t, "/api", c.Path)
		require.True(t, c.HttpOnly && c.Secure)
		require.Equal(t, http.SameSiteStrictMode, c.SameSite)
		require.Equal(t, int((15 * time.Minute).Seconds()), c.MaxAge)
		require.Equal(t, 200, w.do(request{method: http.MethodGet, path: cat, header: with(c)}).status)
		isProblem(t, w.do(request{method: http.MethodGet, path: "/api/me", header: with(c)}), 401)
		isProblem(t, w.do(request{method: http.MethodGet, path: w.file("globex", "image/png", "dog.png"), header: with(c)}), 404)
	})
	t.Run("REST-71 a refresh renews it, and signing out ends it at once", func(t *testing.T) {
		_, refresh := cookie(t, signedIn)
		w.pass(time.Minute)
		renewed := w.auths("refresh", refresh)
		fresh := setCookie(t, renewed, "portal_media")
		require.NotEqual(t, c.Value, fresh.Value)
		require.Equal(t, 200, w.do(request{method: http.MethodGet, path: cat, header: with(fresh)}).status)
		_, refresh = cookie(t, renewed)
		out := w.auths("logout", refresh)
		require.Equal(t, 204, out.status)
		require.Negative(t, setCookie(t, out, "portal_media").MaxAge)
		for _, old := range []*http.Cookie{c, fresh} {
			isProblem(t, w.do(request{method: http.MethodGet, path: cat, header: with(old)}), 401)
		}
	})
}

// deadlines is an answer that notes until when it may be taken.
type deadlines struct {
	*httptest.ResponseRecorder
	set []time.Time
}

func (d *deadlines) SetWriteDeadline(at time.Time) error {
	d.set = append(d.set, at)
	return nil
}

func TestMediaKept(t *testing.T) {
	var calls atomic.Int64
	var fails error
	w := newWorld(t, func(c *rest.Config) {
		c.OpenMedia = func(ctx context.Context, m desk.Media, part string) (*desk.MediaFile, error) {
			calls.Add(1)
			if fails != nil {
				return nil, fails
			}
			return provided(ctx, m, part)
		}
	})
	cat := w.file("acme", "image/png", "cat.png")
	get := func(who string, header http.Header) reply {
		return w.do(request{method: http.MethodGet, path: cat, token: w.token(who), header: header})
	}
	t.Run("REST-73 304 without asking the provider, for who may see it", func(t *testing.T) {
		first := get("ben@acme", nil)
		require.Equal(t, "private, no-cache", first.header.Get("Cache-Control"))
		tag := http.Header{"If-None-Match": {first.header.Get("ETag")}}
		require.Equal(t, 304, get("ben@acme", tag).status)
		require.Equal(t, 200, get("ben@acme", http.Header{"If-None-Match": {`"another"`}}).status)
		require.EqualValues(t, 2, calls.Load())
		isProblem(t, get("ann@globex", tag), 404)
		isProblem(t, get("", tag), 401)
	})
	t.Run("REST-70 a large file may take its time, each piece anew", func(t *testing.T) {
		w := newWorld(t, func(c *rest.Config) {
			c.OpenMedia = func(context.Context, desk.Media, string) (*desk.MediaFile, error) {
				return &desk.MediaFile{Body: io.NopCloser(io.LimitReader(strings.NewReader(strings.Repeat("x", 1<<20)), 1<<20)), Status: 200, MimeType: "video/mp4", Length: 1 << 20}, nil
			}
		})
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, w.file("acme", "video/mp4", "film.mp4"), nil)
		r.Header.Set("Authorization", "Bearer "+w.token("ann@acme"))
		slow := &deadlines{ResponseRecorder: httptest.NewRecorder()}
		began := time.Now()
		w.handler.ServeHTTP(slow, r)
		require.Equal(t, 1<<20, slow.Body.Len())
		require.Greater(t, len(slow.set), 8)
		for _, at := range slow.set {
			require.WithinRange(t, at, began.Add(time.Minute), time.Now().Add(time.Minute))
		}
	})
	t.Run("REST-74 gone, and not to be had now", func(t *testing.T) {
		fails = portal.Refuse(portal.NotFound, portal.WhyMediaGone, "WhatsApp hasn't got this file any more.")
		require.Equal(t, "media_gone", isProblem(t, get("ben@acme", nil), 404)["reason"])
		fails = portal.Refuse(portal.Unavailable, portal.WhyChannelUnreachable, "WhatsApp answers %d.", 500)
		require.Equal(t, "channel_unreachable", isProblem(t, get("ben@acme", nil), 503)["reason"])
		fails = fmt.Errorf("a secret")
		require.NotContains(t, string(get("ben@acme", nil).raw), "secret")
	})
}
