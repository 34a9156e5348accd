package engineio

// CloseReason says why a connection ended.
type CloseReason struct {
	// Code is a short constant text, fit for a metric's label: one of the
	// Reason constants, or what was given to Conn.Close.
	Code string
	// Err is what lies beneath; may be nil.
	Err error
	// ComeBack says that the client reconnects by itself.
	ComeBack bool
}

// Codes of CloseReason that the package itself uses.
const (
	ReasonPingTimeout    = "ping timeout"    // no pong in time
	ReasonTransportClose = "transport close" // the client closed, or its network did
	ReasonTransportError = "transport error" // the client broke the protocol
	ReasonParseError     = "parse error"     // the client sent what is no packet
	ReasonForcedClose    = "forced close"    // Conn.Close without a code
	ReasonSlow           = "slow"            // the queue was full
	ReasonShutdown       = "shutdown"        // Server.Shutdown or Server.Close
)
