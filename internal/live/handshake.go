package live

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/internal/auth"
	"github.com/agentportal/portal/socketio"
)

// retryAfter is what a refused handshake is told.
const retryAfter = 2 * time.Second

// allow answers 503 while nothing can be served, so that clients try again and
// then still recover.
func (l *Live) allow(next func(*http.Request) error) func(*http.Request) error {
	return func(r *http.Request) error {
		if l.draining.Load() {
			return &engineio.RefuseError{Status: http.StatusServiceUnavailable, RetryAfter: retryAfter, Message: "this server is shutting down; connect again"}
		}
		if l.cfg.Ready != nil {
			if err := l.cfg.Ready(); err != nil {
				return &engineio.RefuseError{Status: http.StatusServiceUnavailable, RetryAfter: retryAfter, Message: "not ready; connect again"}
			}
		}
		if next != nil {
			return next(r)
		}
		return nil
	}
}

// authenticate checks the token of every CONNECT, recovering or not.
func (l *Live) authenticate(ctx context.Context, s *socketio.Socket) error {
	signOuts := l.signOuts.Load() // before the check: a later one is noticed
	who, expires, err := l.verify(ctx, s)
	if err != nil {
		return err
	}
	c := newClient(s, who)
	c.expires, c.signOuts = expires, signOuts
	s.SetData(c)
	return nil
}

// verify checks the token that a socket brought.
func (l *Live) verify(ctx context.Context, s *socketio.Socket) (portal.Identity, time.Time, error) {
	var sent struct {
		Token any `json:"token"`
	}
	if raw := s.Handshake().Auth; len(raw) > 0 {
		_ = json.Unmarshal(raw, &sent) // what isn't an object holds no token
	}
	token, isText := sent.Token.(string)
	who, expires, err := l.cfg.Access.Verify(ctx, token)
	if sent.Token != nil && !isText {
		err = &auth.TokenError{Reason: auth.TokenInvalid}
	}
	if refused, ok := asTokenError(err); ok {
		return who, expires, &socketio.ConnectError{Message: "unauthorized", Data: map[string]string{"code": refused.Reason}}
	}
	if err != nil {
		return who, expires, tryLater(err)
	}
	if !expires.After(l.cfg.Now()) {
		return who, expires, &socketio.ConnectError{Message: "unauthorized", Data: map[string]string{"code": auth.TokenExpired}}
	}
	return who, expires, nil
}

// stillIn checks the token once more where someone has signed out while the
// socket was being opened: signedOut may have looked for it too early.
func (l *Live) stillIn(ctx context.Context, c *client) error {
	if l.signOuts.Load() == c.signOuts {
		return nil
	}
	_, _, err := l.verify(ctx, c.socket)
	return err
}

// signedOut ends the sockets of a sign-in and what they could recover.
func (l *Live) signedOut(authSessionID string) {
	l.signOuts.Add(1)
	for _, c := range l.clients.ofAuth(authSessionID) {
		c.socket.Disconnect()
	}
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
	defer cancel()
	if err := l.cfg.Store.DeleteRecoveryOfAuth(ctx, authSessionID); err != nil && !errors.Is(err, context.Canceled) {
		// Recovery also checks the sign-in itself, so nothing is open by this.
		l.cfg.Logger.Warn("recovery sessions of a signed-out session were not deleted", "err", err)
	}
}
