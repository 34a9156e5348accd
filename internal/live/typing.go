package live

import (
	"context"
	"encoding/json"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/bodies"
)

// typing relays to the room's other members. It isn't durable: it carries no
// offset and is dropped first when a socket is slow.
func (l *Live) typing(event string) handler {
	return func(ctx context.Context, c *client, body json.RawMessage) (map[string]any, error) {
		id, err := roomOf(body)
		if err != nil {
			return nil, err
		}
		if !c.typing.Allow() {
			return nil, portal.Errorf(portal.RateLimited, "more than %d typing events a second", typingRate)
		}
		if !c.isIn(id) {
			ctx, cancel := context.WithTimeout(ctx, storeTimeout)
			defer cancel()
			if err := l.cfg.Desk.CanSee(ctx, c.who, id); err != nil {
				return nil, err
			}
			return nil, portal.Errorf(portal.Forbidden, "join the conversation first")
		}
		if !c.who.Role.CanWrite() {
			return nil, portal.Errorf(portal.Forbidden, "viewers can read, not reply")
		}
		out := bodies.Typing{ConversationID: id, Actor: bodies.Actor{Type: "agent", ID: c.who.UserID, Name: c.who.Name}}
		if err := c.socket.To(conversationRoom(id)).Volatile().Emit(event, out); err != nil {
			return nil, err
		}
		if l.cfg.Peers != nil {
			raw, err := json.Marshal(out)
			if err != nil {
				return nil, err
			}
			l.cfg.Peers.Typing(id, event, raw)
		}
		return nil, nil
	}
}

// TypingElsewhere relays what a member on another node, or a customer of the
// web chat, types.
func (l *Live) TypingElsewhere(conversationID, event string, body []byte) {
	if err := l.ns.To(conversationRoom(conversationID)).Volatile().Local().Emit(event, json.RawMessage(body)); err != nil {
		l.cfg.Logger.Warn("a typing event of another node was dropped", "err", err)
	}
}
