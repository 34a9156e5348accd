package socketio

import "context"

// SessionStore keeps what connection state recovery needs. With one, every
// CONNECT is given a session; Config.Sessions says which.
type SessionStore interface {
	// Open is called once for each accepted CONNECT, after the middleware and
	// before the CONNECT answer, on a goroutine that may wait; ctx is done when
	// the client goes away. A *ConnectError refuses the socket; any other error
	// closes the transport, so that the client tries again.
	Open(ctx context.Context, s *Socket, ask RecoveryAsk) (Session, error)
}

// RecoveryAsk is what the client asks to recover; empty: nothing. Both are as
// the client sent them. Offset may be missing, or be one of an older session.
type RecoveryAsk struct{ PID, Offset string }

// Session is a SessionStore's answer to a CONNECT.
type Session struct {
	// SID and PID are the ids of the CONNECT answer. An empty SID: the library
	// makes one. An empty PID: no recovery. Both need plain characters.
	SID, PID string
	// Recovered says that PID is the one that the client asked for.
	Recovered bool
	// Rooms are joined before the answer.
	Rooms []string
	// Resume, when set, runs after the CONNECT answer is queued and after
	// OnConnection, as a Hold: the socket's events wait until it returns. It
	// sends what was missed (SendWait) and may join further rooms. An error
	// closes the transport.
	Resume func(ctx context.Context, s *Socket) error

	// gated keeps back everything else that is sent until Resume has returned.
	gated bool
}
