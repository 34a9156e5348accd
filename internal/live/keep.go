package live

import (
	"context"
	"encoding/json"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/bodies"
	"github.com/agentportal/portal/socketio"
)

// ping tells up to where this socket has been sent everything.
func (l *Live) ping(_ context.Context, c *client, _ json.RawMessage) (map[string]any, error) {
	return map[string]any{"seq": l.relay.Position(c.who.TenantID)}, nil
}

// refresh extends the socket's session with a fresh token of the same user.
func (l *Live) refresh(ctx context.Context, c *client, body json.RawMessage) (map[string]any, error) {
	var in bodies.NewToken
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	who, expires, err := l.cfg.Access.Verify(ctx, in.Token)
	if refused, ok := asTokenError(err); ok {
		return nil, portal.Errorf(portal.Invalid, "the token is not valid: %s", refused.Reason)
	}
	if err != nil {
		return nil, err
	}
	now := l.cfg.Now()
	if !expires.After(now) {
		return nil, portal.Errorf(portal.Invalid, "the token is not valid: token_expired")
	}
	if who.UserID != c.who.UserID || who.TenantID != c.who.TenantID {
		return nil, portal.Errorf(portal.Forbidden, "the token is another user's")
	}
	return map[string]any{"expiresAt": portal.At(c.endAt(expires, now))}, nil
}

// ponged moves the received position: what had been sent before the ping went
// out has arrived once its pong is back.
func (l *Live) ponged(c *client) {
	if !c.live.Load() {
		return
	}
	// What was sent before the previous pong came also preceded this ping.
	c.received.Store(max(c.received.Load(), c.pong.Load()))
	c.pong.Store(l.relay.Position(c.who.TenantID))
}

// confirm notes the positions of this node's sockets, so that trimming the log
// doesn't strand those that hear little.
func (l *Live) confirm(ctx context.Context) {
	for _, c := range l.clients.all() {
		err := l.cfg.Store.ConfirmRecovery(ctx, c.pid, c.generation, c.received.Load(), l.cfg.Now())
		switch portal.CodeOf(err) {
		case "", portal.NotFound:
		case portal.Conflict:
			l.takenOver(c)
		default:
			l.cfg.Logger.Warn("a socket's position was not noted; the next round does", "err", err)
			return
		}
	}
}

// endExpired disconnects the sockets whose token's end the clock has jumped over,
// or a standstill of the machine: timers don't see either.
func (l *Live) endExpired() {
	now := l.cfg.Now()
	for _, c := range l.clients.all() {
		if c.expiredAt(now) {
			c.socket.Disconnect()
		}
	}
}

// closeTakenOver closes the sockets whose sessions another node has taken.
func (l *Live) closeTakenOver(ctx context.Context) {
	const batch = 500
	clients := l.clients.all()
	for len(clients) > 0 {
		n := min(batch, len(clients))
		pids := make([]string, n)
		for i, c := range clients[:n] {
			pids[i] = c.pid
		}
		generations, err := l.cfg.Store.Generations(ctx, pids)
		if err != nil {
			return // the database is away; the next round looks again
		}
		for _, c := range clients[:n] {
			if generations[c.pid] > c.generation {
				l.takenOver(c)
			}
		}
		clients = clients[n:]
	}
}

func (l *Live) takenOver(c *client) {
	c.socket.CloseTransport(socketio.DisconnectReason{Code: "taken over", ComeBack: true})
}
