package engineio

import (
	"errors"
	"hash/maphash"
	"net/http"
)

var errResent = errors.New("engineio: a poll was sent again whose answer had carried packets")

// requests is what is kept of a session's requests.
type requests struct {
	Handshake
	// Guarded by its Conn's mu, and of polling only:
	answered mark // the last poll whose answer carried packets
	posted   mark // the last POST that was delivered
}

// mark tells one request of a session from the others; 0: nothing does.
type mark uint64

// markOf reads what official clients put into each request's query anew, so that
// nothing on the way answers it from a cache. Where the same comes twice, no
// client has sent it twice: an HTTP layer has, unseen by the client, whose
// connection broke before the first answer had come through (EIO-91).
func (c *Conn) markOf(r *http.Request) mark {
	t, first := r.URL.Query().Get("t"), c.asked.URL.Query().Get("t")
	if t == "" || first == "" || t == first {
		return 0 // a client that doesn't, or always sends the same
	}
	return mark(maphash.String(c.srv.marks, t))
}
