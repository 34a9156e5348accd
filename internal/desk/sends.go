package desk

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/store"
)

// Send is a message due to go to the provider, with what the call needs.
type Send = store.Send

// ClaimSends leases messages that are due: at most one of a contact, in the order
// of their queueing, over all tenants.
func (d *Desk) ClaimSends(ctx context.Context, lease time.Duration, limit int) ([]Send, error) {
	return d.store.ClaimSends(ctx, d.now(), lease, limit)
}

// SendAccepted notes the provider's name for a message, which is sent by that, and
// applies the reports that came earlier, all in one transaction.
func (d *Desk) SendAccepted(ctx context.Context, tenantID, messageID, wamid string, at time.Time) error {
	wamid = clean(wamid)
	return d.update(ctx, tenantID, func(c *change) error {
		m, err := c.settleSend(ctx, messageID)
		if err != nil {
			return err
		}
		named, err := c.name(ctx, m, wamid)
		if err != nil {
			return err
		}
		if m.Advance(portal.StatusSent, portal.At(at), nil) {
			err = c.messageStep(ctx, m, portal.At(at))
		} else if named {
			err = c.tx.PutMessage(ctx, m)
		}
		if err != nil || !named {
			return err
		}
		failpoint.Hit(failpoint.SendWritten)
		return c.applyParked(ctx, m)
	})
}

// SendRejected notes that the provider refused a message for good.
func (d *Desk) SendRejected(ctx context.Context, tenantID, messageID string, reason portal.MessageError, at time.Time) error {
	return d.update(ctx, tenantID, func(c *change) error {
		m, err := c.settleSend(ctx, messageID)
		if err != nil {
			return err
		}
		if !m.Advance(portal.StatusFailed, portal.At(at), cleanError(&reason)) {
			return nil
		}
		return c.messageStep(ctx, m, portal.At(at))
	})
}

// SendLater gives a claimed message back, to be claimed again from next on.
func (d *Desk) SendLater(ctx context.Context, tenantID, messageID string, next time.Time) error {
	return d.store.DelaySend(ctx, tenantID, messageID, next)
}

// settleSend takes a message off the queue of sends.
func (c *change) settleSend(ctx context.Context, messageID string) (*portal.Message, error) {
	m, err := c.tx.Message(ctx, messageID)
	if err != nil {
		return nil, err
	}
	return m, c.tx.DeleteSend(ctx, messageID)
}

// name gives a message its wamid and tells whether it has. It keeps a wamid that
// it has; one that another message has is left to that, and one that can't be is
// no name: the message is sent all the same, and only its reports can't be told.
func (c *change) name(ctx context.Context, m *portal.Message, wamid string) (bool, error) {
	if checkWAMID(wamid) != nil || m.WAMID != nil {
		return false, nil
	}
	_, err := c.tx.MessageByWAMID(ctx, wamid)
	if portal.CodeOf(err) != portal.NotFound {
		return false, err
	}
	m.WAMID = &wamid
	return true, nil
}

// applyParked applies the reports that were parked for a message, each with its
// own event, in forward order whatever order they came in.
func (c *change) applyParked(ctx context.Context, m *portal.Message) error {
	reports, err := c.tx.TakeReports(ctx, *m.WAMID)
	if err != nil || len(reports) == 0 {
		return err
	}
	defer failpoint.Hit(failpoint.ParkedApplied)
	forward := []portal.MessageStatus{portal.StatusSent, portal.StatusFailed, portal.StatusDelivered, portal.StatusRead}
	slices.SortStableFunc(reports, func(a, b Report) int {
		return cmp.Compare(slices.Index(forward, a.Status), slices.Index(forward, b.Status))
	})
	for _, r := range reports {
		if err := advance(ctx, c, m, r); err != nil {
			return err
		}
	}
	return nil
}
