package postgres

import (
	"context"
	"sync"
)

// turns lets one transaction of a tenant at a time begin on this node. It
// would wait for the tenant's row in the database anyway, but holding a
// connection; and only so does the commit listener hear in commit order.
type turns struct {
	mu      sync.Mutex
	tenants map[string]*turn // those that are used or waited for
}

type turn struct {
	token chan struct{}
	users int
}

func newTurns() *turns { return &turns{tenants: map[string]*turn{}} }

// take waits for the tenant's turn. If ctx ends first it fails.
func (t *turns) take(ctx context.Context, tenant string) (release func(), err error) {
	t.mu.Lock()
	mine := t.tenants[tenant]
	if mine == nil {
		mine = &turn{token: make(chan struct{}, 1)}
		t.tenants[tenant] = mine
	}
	mine.users++
	t.mu.Unlock()

	leave := func() {
		t.mu.Lock()
		defer t.mu.Unlock()
		if mine.users--; mine.users == 0 {
			delete(t.tenants, tenant)
		}
	}
	select {
	case mine.token <- struct{}{}:
		return func() { <-mine.token; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, ctx.Err()
	}
}
