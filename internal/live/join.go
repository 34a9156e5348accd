package live

import (
	"context"
	"encoding/json"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/bodies"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/store"
)

// join enters a conversation's room; with since, after replaying what the
// conversation's log holds beyond it. The room is stored before the
// acknowledgement, so that an acknowledged join survives any crash.
func (l *Live) join(ctx context.Context, c *client, body json.RawMessage) (map[string]any, error) {
	id, err := roomOf(body)
	if err != nil {
		return nil, err
	}
	var in bodies.Join
	if err := decode(body, &in); err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if err := l.cfg.Desk.CanSee(ctx, c.who, id); err != nil {
		return nil, err
	}
	if in.Since != nil {
		err := l.checkSince(ctx, c.who.TenantID, *in.Since)
		if portal.CodeOf(err) == portal.Gone {
			return nil, l.notJoined(c, id, err)
		}
		if err != nil {
			return nil, err // it hasn't begun: nothing has changed
		}
	}
	pos, err := l.joinRoom(ctx, c, id, in.Since)
	if err != nil {
		return nil, l.notJoined(c, id, err)
	}
	failpoint.Hit(failpoint.JoinStored)
	return map[string]any{"seq": pos}, nil
}

// joinRoom enters the room and stores that.
func (l *Live) joinRoom(ctx context.Context, c *client, id string, since *int64) (pos int64, err error) {
	if since == nil {
		err = l.relay.Do(ctx, c.who.TenantID, func(p int64) {
			pos = p
			c.socket.Join(conversationRoom(id))
		})
	} else {
		// A second join of the same room repeats events; its live events wait
		// behind the replay like a first one's. It counts from its own position,
		// so that a recovery doesn't send the replayed events again.
		c.socket.Leave(conversationRoom(id))
		c.exit(id)
		pos, err = l.joinSince(ctx, c, id, *since)
	}
	if err != nil {
		return 0, err
	}
	err = l.cfg.Store.SetRecoveryRooms(ctx, c.pid, c.generation, c.enter(id, pos), l.cfg.Now())
	return pos, l.roomsNotStored(c, err)
}

// notJoined sees to it that after a join that failed in its course, or is Gone, the socket isn't in the room, not even
// by an earlier join: the client joins anew, and would be sent twice, or never, what comes meanwhile. What is stored
// follows if it can be written; the join's own time may be over.
func (l *Live) notJoined(c *client, id string, err error) error {
	c.socket.Leave(conversationRoom(id))
	rooms := c.exit(id)
	ctx, cancel := context.WithTimeout(c.socket.Context(), storeTimeout)
	defer cancel()
	if failed := l.cfg.Store.SetRecoveryRooms(ctx, c.pid, c.generation, rooms, l.cfg.Now()); failed != nil {
		if failed = l.roomsNotStored(c, failed); failed != nil {
			return failed
		}
	}
	return err
}

// joinSince replays the conversation's message events after since and joins
// where the replay meets the relay's loop. Replayed events carry no offset:
// they say nothing about the socket's live position.
func (l *Live) joinSince(ctx context.Context, c *client, id string, since int64) (int64, error) {
	cursor := since
	for {
		covered, err := l.replayConversation(ctx, c, id, cursor)
		if err != nil {
			return 0, err
		}
		cursor = covered
		var joinedAt int64
		joined := false
		var sendErr error
		err = l.relay.Do(ctx, c.who.TenantID, func(pos int64) {
			tail, ok := l.relay.Tail(c.who.TenantID, cursor)
			if !ok {
				return
			}
			missed, ok := turnable(tail, func(e portal.Event) bool { return e.ConversationID == id && e.Type.InConversationRoom() })
			if !ok {
				return
			}
			for _, e := range missed {
				if sendErr = c.socket.Emit(string(e.Type), e.Body); sendErr != nil {
					return // nothing may come behind a gap
				}
			}
			c.socket.Join(conversationRoom(id))
			joinedAt, joined = pos, true
		})
		if err == nil {
			err = sendErr
		}
		if err != nil || joined {
			return joinedAt, err
		}
	}
}

// checkSince refuses a position ahead of the log and one that the log no longer
// reaches back to.
func (l *Live) checkSince(ctx context.Context, tenantID string, since int64) error {
	if since < 0 {
		return portal.Errorf(portal.Invalid, "since must not be negative")
	}
	log, err := l.bounds.of(ctx, tenantID)
	if err != nil {
		return err
	}
	if since > log.last {
		return portal.Errorf(portal.Invalid, "since %d is ahead of the log, which ends at %d", since, log.last)
	}
	if since+1 < log.first {
		return gone(since, log.last)
	}
	return l.relay.WaitFor(ctx, tenantID, since)
}

func gone(since, last int64) error {
	return &portal.Error{Code: portal.Gone, Message: "the log no longer reaches back so far; reload, then join with seq",
		Data: map[string]any{"seq": last, "since": since}}
}

// replayConversation sends the conversation's message events after cursor, at
// the pace of the socket, and returns the position up to which it has sent all.
func (l *Live) replayConversation(ctx context.Context, c *client, id string, cursor int64) (int64, error) {
	const page = 200
	for {
		head := l.relay.Position(c.who.TenantID)
		var events []portal.Event
		var first int64
		err := l.cfg.Store.View(ctx, c.who.TenantID, func(tx store.ReadTx) (err error) {
			if first, err = tx.FirstSeq(ctx); err != nil {
				return err
			}
			events, err = tx.ConversationEvents(ctx, id, cursor, page)
			return err
		})
		if err != nil {
			return 0, err
		}
		if cursor+1 < first {
			return 0, gone(cursor, head)
		}
		for _, e := range events {
			if e.Seq > head {
				return head, nil // the relay's loop hands these over
			}
			p, err := l.ns.Encode(string(e.Type), e.Body)
			if err != nil {
				return 0, err
			}
			if err := c.socket.SendWait(ctx, p); err != nil {
				return 0, err
			}
			cursor = e.Seq
		}
		if len(events) < page {
			return max(cursor, head), nil
		}
	}
}

// leave leaves the room; what is stored no longer names it.
func (l *Live) leave(ctx context.Context, c *client, body json.RawMessage) (map[string]any, error) {
	id, err := roomOf(body)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, storeTimeout)
	defer cancel()
	if !c.isIn(id) {
		return nil, l.cfg.Desk.CanSee(ctx, c.who, id)
	}
	// Stored first: a leave that can't be stored hasn't happened.
	err = l.roomsNotStored(c, l.cfg.Store.SetRecoveryRooms(ctx, c.pid, c.generation, c.without(id), l.cfg.Now()))
	if err != nil {
		return nil, err
	}
	c.socket.Leave(conversationRoom(id))
	c.exit(id)
	failpoint.Hit(failpoint.LeaveStored)
	return nil, nil
}

// roomsNotStored tells why the stored session could not follow. Where another
// connection has taken it over, this one is the half-open predecessor.
func (l *Live) roomsNotStored(c *client, err error) error {
	switch portal.CodeOf(err) {
	case portal.Conflict:
		l.takenOver(c)
		return portal.Errorf(portal.Internal, "the session was taken over: %w", err)
	case "", portal.NotFound:
		return nil // or signed out or trimmed: there is nothing to recover
	default:
		return err
	}
}
