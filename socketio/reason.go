package socketio

import (
	"errors"

	"github.com/agentportal/portal/engineio"
)

// ErrDisconnected says that the socket has ended.
var ErrDisconnected = errors.New("socketio: socket is disconnected")

// ErrTryLater closes the transport without an answer when an error of a
// middleware or a SessionStore wraps it: the client tries again by itself.
var ErrTryLater = errors.New("socketio: try again later")

// ConnectError refuses a socket: the client gets connect_error with this
// message and data (left out when nil), and does not try again by itself.
type ConnectError struct {
	Message string
	Data    any
}

func (e *ConnectError) Error() string { return e.Message }

// DisconnectReason says why a socket ended. It is an error, and the cause of
// the socket's context.
type DisconnectReason struct {
	// Code is a short constant text, fit for a metric's label: one of the
	// Reason constants, one of engineio's codes ("ping timeout", "transport
	// close", "transport error", "slow", …) or one given to CloseTransport.
	Code string
	// Err is what lies beneath; may be nil.
	Err error
	// ComeBack says that the client reconnects by itself.
	ComeBack bool
}

// The codes that this package adds to those of engineio.
const (
	ReasonClient   = "client namespace disconnect" // the client's disconnect()
	ReasonServer   = "server namespace disconnect" // Socket.Disconnect
	ReasonShutdown = "server shutting down"        // Server.Shutdown and Close
	ReasonParse    = "parse error"                 // a malformed or unexpected packet
	ReasonTimeout  = "connect timeout"             // no namespace joined in time
	ReasonTryLater = "try later"                   // an error wrapping ErrTryLater
	ReasonFlood    = "flood"                       // too much waited behind Hold
	ReasonPanic    = "handler panic"               // a handler panicked
	ReasonReplaced = "replaced"                    // its client has recovered elsewhere
)

func (r DisconnectReason) Error() string {
	if r.Err != nil {
		return "socketio: " + r.Code + ": " + r.Err.Error()
	}
	return "socketio: " + r.Code
}

// Unwrap is ErrDisconnected and what lies beneath.
func (r DisconnectReason) Unwrap() []error {
	if r.Err == nil {
		return []error{ErrDisconnected}
	}
	return []error{ErrDisconnected, r.Err}
}

// fromEngine translates why a connection ended.
func fromEngine(r engineio.CloseReason) DisconnectReason {
	if r.Code == "shutdown" {
		r.Code = ReasonShutdown
	}
	return DisconnectReason{Code: r.Code, Err: r.Err, ComeBack: r.ComeBack}
}

func (r DisconnectReason) engine() engineio.CloseReason {
	return engineio.CloseReason{Code: r.Code, Err: r.Err, ComeBack: r.ComeBack}
}
