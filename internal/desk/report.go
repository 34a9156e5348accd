package desk

import (
	"context"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/store"
)

// Report is a delivery report of the provider.
type Report = store.Report

// Report takes delivery reports in as Receive does messages. A report whose wamid
// isn't known yet is parked, and applied once it is.
func (d *Desk) Report(ctx context.Context, tenantID string, batch []Report) []error {
	items := make([]item, len(batch))
	for i := range batch {
		r := batch[i]
		r.WAMID = clean(r.WAMID)
		items[i] = item{lane: r.WAMID, err: checkReport(r), apply: func(c *change) error {
			defer failpoint.Hit(failpoint.ReportWritten)
			return report(ctx, c, r)
		}}
	}
	return d.applyAll(ctx, tenantID, items)
}

func report(ctx context.Context, c *change, r Report) error {
	m, err := c.tx.MessageByWAMID(ctx, r.WAMID)
	switch {
	case portal.CodeOf(err) == portal.NotFound:
		defer failpoint.Hit(failpoint.ReportParked)
		return c.tx.ParkReport(ctx, r, c.at)
	case err != nil:
		return err
	}
	return advance(ctx, c, m, r)
}

// advance applies a report to its message. One that is late or repeated changes
// nothing.
func advance(ctx context.Context, c *change, m *portal.Message, r Report) error {
	if !m.Advance(r.Status, r.At, cleanError(r.Error)) {
		return nil
	}
	return c.messageStep(ctx, m, r.At)
}

func checkReport(r Report) error {
	switch err := checkWAMID(r.WAMID); {
	case err != nil:
		return err
	case !r.Status.Reportable():
		return portal.Errorf(portal.Invalid, "status is none that is reported")
	case r.At.IsZero():
		return portal.Errorf(portal.Invalid, "timestamp is missing")
	}
	return nil
}

// cleanError is a reason that can be stored; a failure always has one.
func cleanError(e *portal.MessageError) *portal.MessageError {
	if e == nil {
		return &portal.MessageError{Code: "unknown", Message: "The provider gave no reason"}
	}
	return &portal.MessageError{Code: clean(e.Code), Message: clean(e.Message)}
}
