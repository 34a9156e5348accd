package desk

import (
	"context"

	"github.com/agentportal/portal"
)

// item is one of a batch. Items of one lane keep their order.
type item struct {
	lane  string
	err   error // known before: the item isn't applied
	apply func(*change) error
}

// applyAll applies what has no error yet in one transaction, so that many wait
// for one commit; if that fails, each in its own, so that a bad one spoils no other.
func (d *Desk) applyAll(ctx context.Context, tenantID string, items []item) []error {
	errs := make([]error, len(items))
	left := 0
	for i, it := range items {
		if errs[i] = it.err; it.err == nil {
			left++
		}
	}
	if left == 0 {
		return errs
	}
	err := d.update(ctx, tenantID, func(c *change) error {
		for _, it := range items {
			if it.err != nil {
				continue
			}
			if err := it.apply(c); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil || left == 1 || ctx.Err() != nil {
		for i, it := range items {
			if it.err == nil {
				errs[i] = err
			}
		}
		return errs
	}
	d.applyEach(ctx, tenantID, items, errs)
	return errs
}

// awayAfter is how many lanes in a row have to find the database unavailable until
// it counts as away. One alone may have met another program's lock.
const awayAfter = 2

// applyEach applies one by one. Behind one that is to be tried again, the others
// of its lane wait; a database that is away isn't asked again for each.
func (d *Desk) applyEach(ctx context.Context, tenantID string, items []item, errs []error) {
	held := make(map[string]error)
	unavailable := 0
	for i, it := range items {
		switch {
		case it.err != nil:
			continue
		case held[it.lane] != nil:
			errs[i] = held[it.lane]
			continue
		case unavailable == awayAfter:
			errs[i] = portal.Errorf(portal.Unavailable, "the database is away")
			continue
		}
		errs[i] = d.update(ctx, tenantID, it.apply)
		if errs[i] != nil && !isFinal(errs[i]) {
			held[it.lane] = errs[i]
		}
		if portal.CodeOf(errs[i]) == portal.Unavailable {
			unavailable++
		} else {
			unavailable = 0
		}
	}
}

// isFinal tells whether trying again can't help.
func isFinal(err error) bool {
	code := portal.CodeOf(err)
	return code == portal.Invalid || code == portal.NotFound
}
