package live

import (
	"context"
	"errors"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/bodies"
	"github.com/agentportal/portal/internal/relay"
	"github.com/agentportal/portal/socketio"
)

// turnBudget and turnBytes are how many events, and how much of them, are sent at
// once when a replay meets the relay's loop; with more to go it reads on at the
// pace of its socket. With what a waiting sender leaves in a queue, a quarter and a
// packet, it is far from full.
const (
	turnBudget = 128
	turnBytes  = 1 << 20
)

// turnable returns those of a tail that are due, and whether they can be sent at once.
func turnable(tail []relay.Entry[*socketio.Packet], due func(portal.Event) bool) (list []relay.Entry[*socketio.Packet], ok bool) {
	bytes := 0
	for _, e := range tail {
		if due(e.Event) {
			list = append(list, e)
			bytes += len(e.Body)
		}
	}
	return list, len(list) <= turnBudget && bytes <= turnBytes
}

// resume sends what the socket missed after from, page by page as its queue
// drains, until it meets the relay's loop. There, between two events, it joins
// its rooms and is told that it is in sync.
func (l *Live) resume(ctx context.Context, c *client, from int64) error {
	rooms := c.joined()
	cursor := from
	for {
		entries, err := l.relay.Read(ctx, c.who.TenantID, cursor)
		if err != nil {
			return err
		}
		for _, e := range entries {
			if due(rooms, e.Event) {
				if err := c.socket.SendWait(ctx, e.Frame); err != nil {
					return err
				}
			}
			cursor = e.Seq
		}
		if len(entries) > turnBudget {
			continue
		}
		done, err := l.turnLive(ctx, c, rooms, cursor)
		if done || err != nil {
			return err
		}
	}
}

// turnLive ends a replay if little enough is left of it.
func (l *Live) turnLive(ctx context.Context, c *client, rooms map[string]int64, cursor int64) (done bool, err error) {
	var sendErr error
	err = l.relay.Do(ctx, c.who.TenantID, func(pos int64) {
		tail, ok := l.relay.Tail(c.who.TenantID, cursor)
		if !ok {
			return
		}
		missed, ok := turnable(tail, func(e portal.Event) bool { return due(rooms, e) })
		if !ok {
			return
		}
		for _, e := range missed {
			if sendErr = c.socket.Send(e.Frame); sendErr != nil {
				return // nothing may come behind a gap
			}
		}
		names := []string{tenantRoom(c.who.TenantID), userRoom(c.who.UserID)}
		for id := range rooms {
			names = append(names, conversationRoom(id))
		}
		c.socket.Join(names...)
		sendErr = l.sendReady(c, pos)
		c.live.Store(true)
		done = true
	})
	if err == nil {
		err = sendErr
	}
	return done, err
}

// sendReady tells the client that it has been sent everything up to pos. It
// carries the offset, so that a client that got nothing else recovers too.
func (l *Live) sendReady(c *client, pos int64) error {
	p, err := l.ns.Encode("session:ready", bodies.Ready{
		User:     bodies.Self{ID: c.who.UserID, Email: c.who.Email, Name: c.who.Name, Role: c.who.Role, TenantID: c.who.TenantID},
		TenantID: c.who.TenantID,
		Seq:      pos,
	}, l.offset(c.who.TenantID, pos))
	if err != nil {
		return err
	}
	return c.socket.Send(p)
}

// disconnected forgets the socket; its stored session stays unless the client
// itself has ended it.
func (l *Live) disconnected(c *client) {
	defer l.ending.Done()
	c.end()
	var reason socketio.DisconnectReason
	_ = errors.As(context.Cause(c.socket.Context()), &reason)
	l.stats.ended.add(reason.Code)
	if reason.Code != socketio.ReasonClient {
		l.clients.remove(c)
		return
	}
	l.clients.bury(c.pid, true) // before it is removed: at no time can it be recovered
	l.clients.remove(c)
	defer l.clients.bury(c.pid, false)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.socket.Context()), storeTimeout)
	defer cancel()
	if err := l.cfg.Store.DeleteRecovery(ctx, c.pid); err != nil {
		l.cfg.Logger.Warn("a recovery session was not deleted", "err", err)
	}
}
