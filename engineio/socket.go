package engineio

import (
	"bytes"
	"net"
	"net/http"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/agentportal/portal/engineio/internal/ws"
)

// socket is the WebSocket below a session.
type socket struct {
	fd   int             // of raw; not another's until abort
	raw  syscall.RawConn // nil: no way to write without waiting
	conn net.Conn
	in   *ws.Reader

	early []byte // what the HTTP server had read beyond the request
	owner *Conn  // set while it is its session's transport; the reader's own

	sentClose, gotClose bool // guarded by the owner's mu
	deflates            bool // compression was agreed on

	// Of the poller, see poller.go:
	at         atomic.Uint32 // whereabouts
	ending     atomic.Bool   // the peer's end has come or is near
	registered bool          // these are the reader's own
	stays      bool          // can't be parked
	drained    bool          // the last read took all there was
	by         *worker       // nil: reads wait
}

// The whereabouts of a socket that a poller serves.
const (
	running uint32 = iota // somebody reads it
	stirred               // the same, and something may have come meanwhile
	parked                // nobody does
)

// rest lets go of the socket, unless something may have come meanwhile.
func (s *socket) rest() bool {
	if s.at.CompareAndSwap(running, parked) {
		return true
	}
	s.at.Store(running)
	return false
}

// stir tells that something has come, and returns whether the caller must see
// to it that the socket is read.
func (s *socket) stir() bool {
	for {
		switch s.at.Load() {
		case parked:
			if s.at.CompareAndSwap(parked, running) {
				return true
			}
		case running:
			if s.at.CompareAndSwap(running, stirred) {
				return false
			}
		default:
			return false
		}
	}
}

// hijack takes the connection from the HTTP server. The handler must return
// soon after, so that net/http's buffers and stack go.
func hijack(w http.ResponseWriter, limit int, deflates bool) (*socket, error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, err
	}
	s := &socket{conn: conn, deflates: deflates}
	if n := rw.Reader.Buffered(); n > 0 {
		// A fast client's first packets, EIO-14.
		s.early = make([]byte, n)
		rw.Reader.Read(s.early)
	}
	if sc, ok := conn.(syscall.Conn); ok && canWriteNow {
		s.raw, _ = sc.SyscallConn()
		_ = s.raw.Control(func(fd uintptr) { s.fd = int(fd) })
	}
	s.in = ws.NewReader(s, limit)
	if deflates {
		s.in.Inflate()
	}
	return s, nil
}

// Read reads for the frame reader. Where it waits, it first writes what its
// session has to say, which saves waking another goroutine for an answer. Under
// a worker it fails with errWouldBlock where nothing of a message has come.
func (s *socket) Read(p []byte) (int, error) {
	if len(s.early) > 0 {
		n := copy(p, s.early)
		if s.early = s.early[n:]; len(s.early) == 0 {
			s.early = nil
		}
		return n, nil
	}
	if w := s.by; w != nil {
		n, err := w.readFrom(s, p)
		s.drained = n < len(p)
		if n > 0 {
			s.by = nil // the rest of the message is waited for
		}
		return n, err
	}
	if s.owner != nil {
		s.owner.flushNow()
	}
	n, err := s.conn.Read(p)
	s.drained = n < len(p)
	return n, err
}

// discard reads until the peer ends the connection or the deadline that was
// set for that passes. Closing with bytes unread would reset the connection,
// and the peer might never see the close frame.
func (s *socket) discard() {
	var b [512]byte
	for {
		if _, err := s.Read(b[:]); err != nil {
			return
		}
	}
}

// writeAll writes buffers as one: TCP gathers them itself, for TLS each write
// would be a record of its own.
func (s *socket) writeAll(buffers net.Buffers) (int64, error) {
	if s.raw == nil && len(buffers) > 1 {
		n, err := s.conn.Write(bytes.Join(buffers, nil))
		return int64(n), err
	}
	return buffers.WriteTo(s.conn)
}

// abort ends the connection at once, without waiting for anything. Its reader
// finds out.
func (s *socket) abort() {
	if s.owner != nil {
		poller := s.owner.srv.poller
		poller.forget(s)
		defer poller.wake(s)
	}
	conn := s.conn
	if t, ok := conn.(interface{ NetConn() net.Conn }); ok {
		conn = t.NetConn() // TLS would wait to say goodbye
	}
	conn.Close()
}

// lastWritten follows the close frame: nothing more is written, and the peer
// gets lingerTime to answer.
func (s *socket) lastWritten() {
	s.sentClose = true
	if s.gotClose {
		s.abort()
		return
	}
	if half, ok := s.conn.(interface{ CloseWrite() error }); ok {
		half.CloseWrite()
	}
	s.conn.SetReadDeadline(time.Now().Add(lingerTime))
}
