package live

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"errors"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/socketio"
)

// Open implements socketio.SessionStore: it decides whether a connection takes
// up a stored session or begins a new one, and stores that before the answer.
func (l *Live) Open(ctx context.Context, s *socketio.Socket, ask socketio.RecoveryAsk) (socketio.Session, error) {
	c := clientOf(s)
	if ask.PID != "" {
		session, from, err := l.recover(ctx, c, ask)
		var why lost
		switch {
		case err == nil:
			l.stats.recovered.Add(1)
			l.cfg.Logger.Debug("a connection takes up its session", "tenant", c.who.TenantID, "user", c.who.UserID,
				"after", from, "generation", session.Generation, "rooms", session.Rooms)
			return l.start(c, session, from, true), l.stillIn(ctx, c)
		case !errors.As(err, &why):
			l.cfg.Logger.Debug("whether a connection recovers can't be told now", "tenant", c.who.TenantID, "user", c.who.UserID, "err", err)
			return socketio.Session{}, tryLater(err)
		}
		l.stats.unrecovered.add(string(why))
		l.cfg.Logger.Debug("a connection recovers nothing", "tenant", c.who.TenantID, "user", c.who.UserID, "why", string(why), "offset", ask.Offset)
	}
	session, err := l.begin(ctx, c)
	if err != nil {
		return socketio.Session{}, tryLater(err)
	}
	return l.start(c, session, session.Start, false), l.stillIn(ctx, c)
}

// begin stores a new session that starts at the relay's position.
func (l *Live) begin(ctx context.Context, c *client) (store.RecoverySession, error) {
	session := store.RecoverySession{
		PID: newID(), SID: newID(),
		TenantID: c.who.TenantID, UserID: c.who.UserID, AuthSessionID: c.who.SessionID,
		Rooms: map[string]int64{}, Generation: 1, Node: l.cfg.Node, UpdatedAt: l.cfg.Now(),
	}
	if err := l.relay.Do(ctx, session.TenantID, func(pos int64) { session.Start = pos }); err != nil {
		return store.RecoverySession{}, err
	}
	session.Confirmed = session.Start
	defer failpoint.Hit(failpoint.SessionStored)
	return session, l.cfg.Store.PutRecovery(ctx, session)
}

// lost is why nothing can be recovered, as the metrics name it. It is no error
// of ours: the client begins anew.
type lost string

// The reasons.
const (
	lostUnknown  lost = "unknown"  // no such session: away for longer than the log is kept, or ended
	lostForeign  lost = "foreign"  // another user's, tenant's or sign-in's
	lostPosition lost = "position" // one that this log never gave out
	lostTrimmed  lost = "trimmed"  // what was missed is no longer in the log
	lostTooMany  lost = "too many" // more was missed than is replayed
)

// Error implements error.
func (l lost) Error() string { return "nothing is recovered: " + string(l) }

// recover takes over the session that the client asks for and returns the
// position after which it missed events; a lost when there is nothing to
// recover. Any other error means that this can't be told now.
func (l *Live) recover(ctx context.Context, c *client, ask socketio.RecoveryAsk) (session store.RecoverySession, from int64, err error) {
	if l.clients.endedByClient(ask.PID) {
		return session, 0, lostUnknown
	}
	session, err = l.cfg.Store.Recovery(ctx, ask.PID)
	if portal.CodeOf(err) == portal.NotFound {
		return session, 0, lostUnknown
	}
	if err != nil {
		return session, 0, err
	}
	if session.TenantID != c.who.TenantID || session.UserID != c.who.UserID || session.AuthSessionID != c.who.SessionID {
		return session, 0, lostForeign
	}
	offset, ok := l.position(c.who.TenantID, ask.Offset)
	if !ok {
		return session, 0, lostPosition
	}
	from = max(offset, session.Start, session.Confirmed)
	if err := l.reachable(ctx, session, from); err != nil {
		return session, 0, err
	}
	session, err = l.cfg.Store.TakeRecovery(ctx, ask.PID, l.cfg.Node, l.cfg.Now())
	failpoint.Hit(failpoint.SessionTaken)
	if portal.CodeOf(err) == portal.NotFound {
		return session, 0, lostUnknown // signed out in between
	}
	return session, from, err
}

// reachable is a lost unless the log holds all that was missed, and not too much.
func (l *Live) reachable(ctx context.Context, session store.RecoverySession, from int64) error {
	log, err := l.bounds.of(ctx, session.TenantID)
	switch {
	case err != nil:
		return err
	case from > log.last:
		return lostPosition
	case from+1 < log.first:
		return lostTrimmed
	}
	// All that was missed until now is counted, and comes before session:ready.
	if err := l.relay.WaitFor(ctx, session.TenantID, log.last); err != nil {
		return err
	}
	if log.last-from <= int64(l.cfg.MaxMissed) {
		return nil
	}
	missed := 0
	for cursor := from; cursor < log.last; {
		entries, err := l.relay.Read(ctx, session.TenantID, cursor)
		if portal.CodeOf(err) == portal.Gone {
			return lostTrimmed
		}
		if err != nil {
			return err
		}
		for _, e := range entries {
			if due(session.Rooms, e.Event) {
				missed++
			}
		}
		if missed > l.cfg.MaxMissed {
			return lostTooMany
		}
		cursor = entries[len(entries)-1].Seq
	}
	return nil
}

// due tells whether a socket that had joined rooms gets an event.
func due(rooms map[string]int64, e portal.Event) bool {
	if !e.Type.InConversationRoom() {
		return true
	}
	joinedAt, ok := rooms[e.ConversationID]
	return ok && e.Seq > joinedAt
}

// start makes c the holder of the session and closes its half-open predecessor.
func (l *Live) start(c *client, session store.RecoverySession, from int64, recovered bool) socketio.Session {
	c.pid, c.generation = session.PID, session.Generation
	c.mu.Lock()
	if session.Rooms != nil {
		c.rooms = session.Rooms
	}
	c.mu.Unlock()
	c.received.Store(from)
	c.endAt(c.expires, l.cfg.Now())
	loser := l.clients.add(c)
	// Not OnDisconnect: a socket that breaks before its answer has none. After
	// add: one that has broken already is removed again.
	l.ending.Add(1)
	context.AfterFunc(c.socket.Context(), func() { l.disconnected(c) })
	if loser != nil {
		loser.socket.CloseTransport(socketio.DisconnectReason{Code: "taken over", ComeBack: true})
	}
	return socketio.Session{
		SID: session.SID, PID: session.PID, Recovered: recovered,
		Resume: func(ctx context.Context, _ *socketio.Socket) error { return l.resume(ctx, c, from) },
	}
}

// newID is 20 characters that can't be guessed.
func newID() string {
	var b [15]byte
	_, _ = rand.Read(b[:]) // never fails
	return base64.RawURLEncoding.EncodeToString(b[:])
}
