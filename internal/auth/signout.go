package auth

import (
	"context"
	"sync"
	"time"
)

// pollEvery is how soon a sign-out on another node is heard of; pollOverlap
// covers commits that come late.
const (
	pollEvery   = time.Second
	pollOverlap = time.Minute
)

// SignOut ends the session of a refresh token: its tokens, access tokens
// included, are refused from now on, and the OnSignOut listeners have been
// called when it returns.
func (a *Auth) SignOut(ctx context.Context, refreshToken string) error {
	session, err := a.sessionOf(ctx, refreshToken)
	if err != nil {
		return err
	}
	if err := a.store.RevokeAuthSession(ctx, session.ID, a.now()); err != nil {
		return err
	}
	a.signedOut(session.ID)
	return nil
}

// OnSignOut registers a listener that is called once for each session that is
// signed out: at once for one of this node, within about a second, while Run
// runs, for another node's. It must return fast.
func (a *Auth) OnSignOut(fn func(authSessionID string)) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.listeners = append(a.listeners, fn)
}

// Run watches for sign-outs on other nodes until ctx is done. A database that is
// away is asked again; nothing is missed by it.
func (a *Auth) Run(ctx context.Context) error {
	tick := time.NewTicker(pollEvery)
	defer tick.Stop()
	since := a.now()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		asked := a.now()
		// Whose clock is behind ours signs out in our past. It matters for as long as
		// an access token lives, and clocks may differ by as much.
		ids, err := a.store.RevokedSince(ctx, earlier(since, asked.Add(-a.accessTTL)).Add(-pollOverlap))
		if err != nil {
			continue
		}
		since = asked
		for _, id := range ids {
			a.signedOut(id)
		}
		// What is older is neither listed again nor named by a token that lives.
		a.revoked.forget(asked.Add(-2*a.accessTTL - 2*pollOverlap))
	}
}

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

func (a *Auth) signedOut(id string) {
	if !a.revoked.add(id, a.now()) {
		return
	}
	a.mu.Lock()
	listeners := a.listeners
	a.mu.Unlock()
	for _, fn := range listeners {
		fn(id)
	}
}

// revocations are the sessions signed out lately, for as long as an access token
// of theirs could live.
type revocations struct {
	mu sync.Mutex
	at map[string]time.Time
}

// add tells whether id is new.
func (r *revocations) add(id string, now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.at == nil {
		r.at = make(map[string]time.Time)
	}
	if _, known := r.at[id]; known {
		return false
	}
	r.at[id] = now
	return true
}

func (r *revocations) has(id string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, revoked := r.at[id]
	return revoked
}

func (r *revocations) forget(before time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id, at := range r.at {
		if at.Before(before) {
			delete(r.at, id)
		}
	}
}
