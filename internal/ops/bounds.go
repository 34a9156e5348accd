package ops

import (
	"errors"
	"io"
	"net"
	"net/http"
	"time"
)

// Bounds are how long a client may keep a request from ending. Zero is as long as it likes.
type Bounds struct {
	// Body is from the end of the headers to the end of the body.
	Body time.Duration
	// Answer is from the end of the headers until the whole answer is taken. It ends nothing that is hijacked.
	Answer time.Duration
}

// Bounded holds the clients of a handler to bounds: whoever sends a byte now and then, or takes none, would keep a
// goroutine and a descriptor for good. The bound of the body ends with the body, and so none of the handler's work.
func Bounded(next http.Handler, b Bounds) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		control := http.NewResponseController(w)
		// Each request sets it: that of the connection's request before would stand on. Where a deadline can't be set
		// (a test's recorder), there is nobody to wait for.
		_ = control.SetWriteDeadline(after(b.Answer))
		if r.ContentLength != 0 && b.Body > 0 {
			_ = control.SetReadDeadline(after(b.Body))
			r.Body = &boundedBody{r.Body, control}
		}
		next.ServeHTTP(w, r)
	})
}

// after is the time after d; never for 0.
func after(d time.Duration) time.Time {
	if d == 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}

// boundedBody lifts the bound at its end. Until then it stands, even where the handler reads nothing: net/http reads
// what is left of a body.
type boundedBody struct {
	io.ReadCloser
	control *http.ResponseController
}

// Read implements io.Reader.
func (b *boundedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if errors.Is(err, io.EOF) {
		_ = b.control.SetReadDeadline(time.Time{})
	}
	return n, err
}

// Listener counts the connections that could not be accepted.
func (m *Metrics) Listener(l net.Listener) net.Listener { return &countedListener{l, m} }

type countedListener struct {
	net.Listener
	metrics *Metrics
}

// Accept implements net.Listener. net/http tries again after what is temporary, such as descriptors running out.
func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil && !errors.Is(err, net.ErrClosed) {
		l.metrics.acceptFailures.Inc()
	}
	return c, err
}
