package portal

// MessageStatus is where a message stands. Inbound messages are Received;
// outbound ones move queued → sent → delivered → read, or to failed.
type MessageStatus string

// The states.
const (
	StatusReceived  MessageStatus = "received"
	StatusQueued    MessageStatus = "queued"
	StatusSent      MessageStatus = "sent"
	StatusDelivered MessageStatus = "delivered"
	StatusRead      MessageStatus = "read"
	StatusFailed    MessageStatus = "failed"
)

// rank orders the forward steps. Failed isn't among them: it is left by
// evidence that the message did arrive, never re-entered after it.
func (s MessageStatus) rank() int {
	switch s {
	case StatusQueued:
		return 1
	case StatusSent:
		return 2
	case StatusDelivered:
		return 3
	case StatusRead:
		return 4
	default:
		return 0
	}
}

// Reportable tells whether a delivery report may carry s.
func (s MessageStatus) Reportable() bool {
	return s == StatusSent || s == StatusDelivered || s == StatusRead || s == StatusFailed
}

// CanBecome tells whether an outbound message in state s moves on when next is
// reported. Late and repeated reports change nothing; failed follows queued or
// sent only, and gives way to delivered and read.
func (s MessageStatus) CanBecome(next MessageStatus) bool {
	switch {
	case s == StatusFailed:
		return next == StatusDelivered || next == StatusRead
	case next == StatusFailed:
		return s == StatusQueued || s == StatusSent
	case s.rank() == 0 || next.rank() == 0:
		return false
	default:
		return next.rank() > s.rank()
	}
}

// Advance moves m to next at the given time and tells whether anything
// changed. Steps that were skipped get the same time; an error is kept with
// failed and cleared by anything else.
func (m *Message) Advance(next MessageStatus, at Time, reason *MessageError) bool {
	if m.Direction != Outbound || !m.Status.CanBecome(next) {
		return false
	}
	m.Status, m.Error = next, nil
	if next == StatusFailed {
		m.Error = reason
		return true
	}
	for _, step := range []struct {
		status MessageStatus
		at     *Time
	}{{StatusSent, &m.SentAt}, {StatusDelivered, &m.DeliveredAt}, {StatusRead, &m.ReadAt}} {
		if step.status.rank() <= next.rank() && step.at.IsZero() {
			*step.at = at
		}
	}
	return true
}
