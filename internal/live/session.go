package live

import (
	"context"
	"crypto/rand"
	"encoding/base64"

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
		if err != nil {
			return socketio.Session{}, tryLater(err)
		}
		if session != nil {
			l.stats.recovered.Add(1)
			return l.start(c, *session, from, true), l.stillIn(ctx, c)
		}
		l.stats.unrecovered.Add(1)
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

// recover takes over the session that the client asks for and returns the
// position after which it missed events; nil when there is nothing to recover.
// An error means that this can't be told now.
func (l *Live) recover(ctx context.Context, c *client, ask socketio.RecoveryAsk) (*store.RecoverySession, int64, error) {
	if l.clients.endedByClient(ask.PID) {
		return nil, 0, nil
	}
	session, err := l.cfg.Store.Recovery(ctx, ask.PID)
	if portal.CodeOf(err) == portal.NotFound {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, err
	}
	if session.TenantID != c.who.TenantID || session.UserID != c.who.UserID || session.AuthSessionID != c.who.SessionID {
		return nil, 0, nil
	}
	offset, ok := l.position(c.who.TenantID, ask.Offset)
	if !ok {
		return nil, 0, nil
	}
	from := max(offset, session.Start, session.Confirmed)
	reachable, err := l.reachable(ctx, session, from)
	if err != nil || !reachable {
		return nil, 0, err
	}
	taken, err := l.cfg.Store.TakeRecovery(ctx, ask.PID, l.cfg.Node, l.cfg.Now())
	failpoint.Hit(failpoint.SessionTaken)
	if portal.CodeOf(err) == portal.NotFound {
		return nil, 0, nil // signed out in between
	}
	if err != nil {
		return nil, 0, err
	}
	return &taken, from, nil
}

// reachable tells whether the log holds all that was missed, and not too much.
func (l *Live) reachable(ctx context.Context, session store.RecoverySession, from int64) (bool, error) {
	log, err := l.bounds.of(ctx, session.TenantID)
	if err != nil || from > log.last || from+1 < log.first {
		return false, err
	}
	// All that was missed until now is counted, and comes before session:ready.
	if err := l.relay.WaitFor(ctx, session.TenantID, log.last); err != nil {
		return false, err
	}
	if log.last-from <= int64(l.cfg.MaxMissed) {
		return true, nil
	}
	missed := 0
	for cursor := from; cursor < log.last; {
		entries, err := l.relay.Read(ctx, session.TenantID, cursor)
		if portal.CodeOf(err) == portal.Gone {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		for _, e := range entries {
			if due(session.Rooms, e.Event) {
				missed++
			}
		}
		if missed > l.cfg.MaxMissed {
			return false, nil
		}
		cursor = entries[len(entries)-1].Seq
	}
	return true, nil
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
