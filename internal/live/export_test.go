package live

import "context"

// WaitFor returns once the tenant's loop has delivered everything up to seq.
func (l *Live) WaitFor(ctx context.Context, tenantID string, seq int64) error {
	return l.relay.WaitFor(ctx, tenantID, seq)
}

// ClientEvents are the names of all events that clients may send.
func ClientEvents() (names []string) {
	for _, e := range (&Live{}).clientEvents() {
		names = append(names, e.name)
	}
	return names
}
