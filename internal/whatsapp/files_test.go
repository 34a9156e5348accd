package whatsapp

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// keeper is a provider that keeps one file, "77", and notes who asked for what.
type keeper struct {
	url string

	mu       sync.Mutex
	asked    []string // path and token
	location string   // instead of the file's own address
	answer   func(w http.ResponseWriter) bool
}

func newKeeper(t *testing.T) *keeper {
	t.Helper()
	k := &keeper{}
	server := httptest.NewServer(k)
	k.url, k.location = server.URL, server.URL+"/files/77"
	t.Cleanup(server.Close)
	return k
}

func (k *keeper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.asked = append(k.asked, r.URL.Path+" "+r.Header.Get("Authorization"))
	if k.answer != nil && k.answer(w) {
		return
	}
	if strings.HasPrefix(r.URL.Path, "/files/") {
		http.ServeContent(w, r, "cat.png", time.Time{}, strings.NewReader("0123456789"))
		return
	}
	_, _ = fmt.Fprintf(w, `{"messaging_product":"whatsapp","url":%q,"mime_type":"image/png","sha256":"x","file_size":"10","id":"77"}`, k.location)
}

// files is a client without connections that outlive the test.
func (k *keeper) files(t *testing.T) *Files {
	t.Helper()
	f, err := NewFiles(k.url, nil)
	require.NoError(t, err)
	t.Cleanup(func() {
		f.files.CloseIdleConnections()
		f.graph.client.CloseIdleConnections()
	})
	return f
}

var cat = desk.Media{ID: "77", Channel: portal.WhatsApp{PhoneNumberID: "1055", AccessToken: "token"}}

func TestFiles(t *testing.T) {
	t.Run("WA-33 asked for by its id, fetched from where it lies, whole or in part", func(t *testing.T) {
		k := newKeeper(t)
		f := k.files(t)
		whole, err := f.Open(t.Context(), cat, "")
		require.NoError(t, err)
		body, err := io.ReadAll(whole.Body)
		require.NoError(t, err)
		require.NoError(t, whole.Body.Close())
		require.Equal(t, "0123456789", string(body))
		require.Equal(t, []any{200, "image/png", int64(10), ""}, []any{whole.Status, whole.MimeType, whole.Length, whole.Range})
		part, err := f.Open(t.Context(), cat, "bytes=2-4")
		require.NoError(t, err)
		body, err = io.ReadAll(part.Body)
		require.NoError(t, err)
		require.NoError(t, part.Body.Close())
		require.Equal(t, "234", string(body))
		require.Equal(t, []any{206, int64(3), "bytes 2-4/10"}, []any{part.Status, part.Length, part.Range})
		beyond, err := f.Open(t.Context(), cat, "bytes=99-")
		require.NoError(t, err)
		require.NoError(t, beyond.Body.Close())
		require.Equal(t, 416, beyond.Status)
		require.Equal(t, []string{"/v23.0/77 Bearer token", "/files/77 Bearer token"}, k.asked[:2])
	})
	t.Run("WA-34 the token goes nowhere else", func(t *testing.T) {
		elsewhere := newKeeper(t)
		for _, location := range []string{elsewhere.url + "/files/77", "https" + strings.TrimPrefix(elsewhere.url, "http") + "/files/77",
			"ftp://files.example/77", "//files.example/77", "https://user@files.example/77", "https://10.0.0.1/77", "https://[::1]/77", "https://169.254.169.254/latest", ""} {
			k := newKeeper(t)
			k.location = location
			_, err := k.files(t).Open(t.Context(), cat, "")
			require.Equal(t, portal.Unavailable, portal.CodeOf(err), location)
			require.NotContains(t, err.Error(), "token")
		}
		require.Empty(t, elsewhere.asked)
		k := newKeeper(t)
		k.answer = func(w http.ResponseWriter) bool {
			if !strings.HasPrefix(k.asked[len(k.asked)-1], "/files/") {
				return false
			}
			w.Header().Set("Location", elsewhere.url+"/files/77")
			w.WriteHeader(http.StatusFound)
			return true
		}
		_, err := k.files(t).Open(t.Context(), cat, "")
		require.Equal(t, portal.Unavailable, portal.CodeOf(err))
		require.Empty(t, elsewhere.asked)
	})
}

func TestFilesNotHad(t *testing.T) {
	for name, row := range map[string]struct {
		status int
		body   string
		code   portal.Code
		why    portal.Refusal
	}{
		"no such id":        {400, `{"error":{"code":100,"error_subcode":33,"message":"Unsupported get request"}}`, portal.NotFound, portal.WhyMediaGone},
		"404":               {404, ``, portal.NotFound, portal.WhyMediaGone},
		"token":             {401, `{"error":{"code":190,"message":"Invalid OAuth access token"}}`, portal.Unavailable, portal.WhyChannelToken},
		"token, as a 400":   {400, `{"error":{"code":190,"message":"Session has expired"}}`, portal.Unavailable, portal.WhyChannelToken},
		"too many calls":    {429, `{"error":{"code":4}}`, portal.Unavailable, portal.WhyChannelUnreachable},
		"broken":            {500, `oops`, portal.Unavailable, portal.WhyChannelUnreachable},
		"no JSON with 200":  {200, `oops`, portal.Unavailable, portal.WhyChannelUnreachable},
		"no address in 200": {200, `{}`, portal.Unavailable, portal.WhyChannelUnreachable},
	} {
		t.Run("WA-35 "+name, func(t *testing.T) {
			k := newKeeper(t)
			k.answer = func(w http.ResponseWriter) bool {
				w.WriteHeader(row.status)
				_, _ = io.WriteString(w, row.body)
				return true
			}
			_, err := k.files(t).Open(t.Context(), cat, "")
			require.Equal(t, row.code, portal.CodeOf(err))
			var refused *portal.Error
			require.ErrorAs(t, err, &refused)
			require.Equal(t, row.why, refused.Why)
		})
	}
	t.Run("WA-35 without a token nobody is asked", func(t *testing.T) {
		k := newKeeper(t)
		_, err := k.files(t).Open(t.Context(), desk.Media{ID: "77"}, "")
		require.Equal(t, portal.Unavailable, portal.CodeOf(err))
		require.Empty(t, k.asked)
	})
	t.Run("WA-36 further files wait, and one that is closed halfway gives its place back", func(t *testing.T) {
		k := newKeeper(t)
		f := k.files(t)
		var open []*desk.MediaFile
		for range mediaCalls {
			file, err := f.Open(t.Context(), cat, "")
			require.NoError(t, err)
			open = append(open, file)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := f.Open(ctx, cat, "")
		require.Equal(t, portal.Unavailable, portal.CodeOf(err))
		next := make(chan error)
		go func() {
			file, err := f.Open(t.Context(), cat, "")
			if err == nil {
				err = file.Body.Close()
			}
			next <- err
		}()
		require.NoError(t, open[0].Body.Close())
		require.NoError(t, <-next)
		for _, file := range open[1:] {
			require.NoError(t, file.Body.Close())
		}
	})
}
