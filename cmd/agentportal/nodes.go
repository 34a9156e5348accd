package main

import (
	"context"
	"encoding/json"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/queue/rabbitmq"
)

// What nodes tell each other.
const (
	hintMoved  = "moved"
	hintTyping = "typing"
)

// moved says that a tenant's log has grown to seq.
type moved struct {
	TenantID string `json:"tenantId"`
	Seq      int64  `json:"seq"`
}

// typed passes a typing event on.
type typed struct {
	ConversationID string          `json:"conversationId"`
	Event          string          `json:"event"`
	Body           json.RawMessage `json:"body"`
}

// nodes are the portal's other processes on the same database. They are told
// what makes them quicker; what they don't hear they read from the log.
type nodes struct{ hints queue.Hints }

// openNodes returns nil where there can be one node only. Portals that share a
// broker don't hear each other: the name holds the database's epoch.
func (p *portalServer) openNodes(ctx context.Context) (*nodes, error) {
	if p.cfg.BrokerURL == "" || p.cfg.Database.PostgresURL == "" {
		return nil, nil
	}
	epoch, err := p.db.Epoch(ctx)
	if err != nil {
		return nil, err
	}
	hints, err := rabbitmq.NewHints(rabbitmq.Config{URL: p.cfg.BrokerURL, Log: p.log}, p.cfg.InboundQueue+".hints."+epoch)
	if err != nil {
		return nil, err
	}
	return &nodes{hints: hints}, nil
}

// Typing implements live.Peers.
func (n *nodes) Typing(conversationID, event string, body []byte) {
	n.tell(hintTyping, "", typed{ConversationID: conversationID, Event: event, Body: body})
}

// committed tells of events that this process has committed.
func (n *nodes) committed(tenantID string, events []portal.Event) {
	if len(events) > 0 {
		n.tell(hintMoved, tenantID, moved{TenantID: tenantID, Seq: events[len(events)-1].Seq})
	}
}

func (n *nodes) tell(kind, key string, v any) {
	if body, err := json.Marshal(v); err == nil { // it always can be
		n.hints.Tell(queue.Hint{Kind: kind, Key: key, Body: body})
	}
}

// hear passes on what other nodes tell, until ctx is done. What can't be read is
// of another version of the portal.
func (p *portalServer) hear(ctx context.Context) error {
	return p.nodes.hints.Run(ctx, func(h queue.Hint) {
		switch h.Kind {
		case hintMoved:
			var m moved
			if json.Unmarshal(h.Body, &m) == nil {
				p.live.Hint(m.TenantID, m.Seq)
			}
		case hintTyping:
			var t typed
			if json.Unmarshal(h.Body, &t) == nil {
				p.live.TypingElsewhere(t.ConversationID, t.Event, t.Body)
			}
		}
	})
}
