// Package door is what every request passes before anything answers it, whatever it asks for: what becomes of a body that
// nobody reads, and the headers that are safe for everything.
package door

import (
	"io"
	"net/http"
	"strings"
	"time"
)

// How much is read of a body after its request was answered, and for how long.
const (
	restSize = 8 << 20 // bytes
	restTime = 5 * time.Second
)

// New puts the door before a handler. It is safe for concurrent use.
func New(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		handled(r)
		headers(w.Header(), r)
		if r.ContentLength == 0 {
			next.ServeHTTP(w, r)
			return
		}
		inside, body := r.WithContext(r.Context()), &body{Reader: r.Body}
		inside.Body = body
		next.ServeHTTP(w, inside)
		if r.Method == http.MethodGet {
			return // what became of it may be a WebSocket, which isn't ours to read any more
		}
		// Where none can be set, as on a recorder, there is nobody to wait for.
		_ = http.NewResponseController(w).SetReadDeadline(time.Now().Add(restTime))
		// Most clients look for the answer only when all is sent, and take a connection that is closed before that for a
		// failure. Who waits to be asked for the body, and wasn't, has the answer without sending it.
		if body.asked || r.Header.Get("Expect") == "" {
			_, _ = io.CopyN(io.Discard, r.Body, restSize) // whatever goes wrong: the answer stands
		}
	})
}

// body is a request's body inside the door. Whoever reads it doesn't close it: net/http does, after the rest was read.
type body struct {
	io.Reader
	asked bool
}

// Read implements io.Reader.
func (b *body) Read(p []byte) (int, error) {
	b.asked = true
	return b.Reader.Read(p)
}

// Close implements io.Closer.
func (b *body) Close() error { return nil }

// headers are the strictest that there are: data, for nobody to frame, guess the type of, or load anything from. The
// page, which is more than that, says its own instead.
func headers(h http.Header, r *http.Request) {
	safest(h)
	if Secure(r) {
		h.Set("Strict-Transport-Security", "max-age=31536000") // a year; ignored by browsers on plain HTTP
	}
}

func safest(h http.Header) {
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("Referrer-Policy", "no-referrer")
}

// Secure tells whether the client speaks TLS, to us or to a proxy before us. Whoever only claims to gains nothing: a
// cookie that their own browser won't send back.
func Secure(r *http.Request) bool {
	proto, _, _ := strings.Cut(r.Header.Get("X-Forwarded-Proto"), ",")
	return r.TLS != nil || strings.EqualFold(strings.TrimSpace(proto), "https")
}
