package live

import (
	"context"

	"golang.org/x/time/rate"

	"github.com/agentportal/portal"
)

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

// Allowed are the rates that a new socket is held to.
func Allowed() (events, typing *rate.Limiter) {
	c := newClient(nil, portal.Identity{})
	return c.events, c.typing
}
