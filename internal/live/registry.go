package live

import "sync"

// registry finds this node's clients by recovery id and by sign-in.
type registry struct {
	mu     sync.Mutex
	byPID  map[string]*client
	byAuth map[string]map[*client]struct{}
	gone   map[string]struct{} // sessions that their client has ended, being deleted
}

func newRegistry() *registry {
	return &registry{byPID: map[string]*client{}, byAuth: map[string]map[*client]struct{}{}, gone: map[string]struct{}{}}
}

// bury keeps a session from being recovered while it is deleted from the store.
func (r *registry) bury(pid string, buried bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if buried {
		r.gone[pid] = struct{}{}
	} else {
		delete(r.gone, pid)
	}
}

// endedByClient tells whether a session's client has ended it, even where its
// deletion has not begun yet.
func (r *registry) endedByClient(pid string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, ok := r.gone[pid]; ok {
		return true
	}
	c := r.byPID[pid]
	return c != nil && c.endedByClient()
}

// add makes c the holder of its recovery id and returns the client that must
// go: the half-open predecessor, or c itself when a later one was faster.
func (r *registry) add(c *client) (loser *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	other := r.byPID[c.pid]
	if other != nil && other.generation > c.generation {
		return c
	}
	r.byPID[c.pid] = c
	set := r.byAuth[c.who.SessionID]
	if set == nil {
		set = map[*client]struct{}{}
		r.byAuth[c.who.SessionID] = set
	}
	set[c] = struct{}{}
	return other
}

func (r *registry) remove(c *client) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.byPID[c.pid] == c {
		delete(r.byPID, c.pid)
	}
	set := r.byAuth[c.who.SessionID]
	delete(set, c)
	if len(set) == 0 {
		delete(r.byAuth, c.who.SessionID)
	}
}

func (r *registry) ofAuth(sessionID string) []*client {
	r.mu.Lock()
	defer r.mu.Unlock()
	var clients []*client
	for c := range r.byAuth[sessionID] {
		clients = append(clients, c)
	}
	return clients
}

func (r *registry) all() []*client {
	r.mu.Lock()
	defer r.mu.Unlock()
	clients := make([]*client, 0, len(r.byPID))
	for _, c := range r.byPID {
		clients = append(clients, c)
	}
	return clients
}
