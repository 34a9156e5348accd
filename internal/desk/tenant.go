package desk

import (
	"context"
	"sync"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// tenantIndexAge is how long the index is believed. What it doesn't know, and
// what it finds contradictory, is looked up afresh whatever its age.
const tenantIndexAge = 5 * time.Second

// tenantIndex spares the database one question for each delivery.
type tenantIndex struct {
	store store.Store
	now   func() time.Time

	mu      sync.Mutex
	read    time.Time
	byID    map[string]bool
	byPhone map[string]string
}

// ResolveTenant names the tenant that a delivery belongs to, given its tenant id,
// its phone number id, or both. A tenant or number that doesn't exist is NotFound,
// two that disagree are Invalid.
func (d *Desk) ResolveTenant(ctx context.Context, tenantID, phoneNumberID string) (string, error) {
	if tenantID == "" && phoneNumberID == "" {
		return "", portal.Errorf(portal.Invalid, "neither tenantId nor phone_number_id")
	}
	id, err := d.tenants.resolve(tenantID, phoneNumberID)
	if err == nil && !d.tenants.stale() {
		return id, nil
	}
	if err := d.tenants.refresh(ctx); err != nil {
		return "", err
	}
	return d.tenants.resolve(tenantID, phoneNumberID)
}

func (x *tenantIndex) resolve(tenantID, phoneNumberID string) (string, error) {
	x.mu.Lock()
	defer x.mu.Unlock()
	if phoneNumberID == "" {
		if !x.byID[tenantID] {
			return "", portal.Errorf(portal.NotFound, "no such tenant")
		}
		return tenantID, nil
	}
	owner, known := x.byPhone[phoneNumberID]
	switch {
	case tenantID != "" && !x.byID[tenantID]:
		return "", portal.Errorf(portal.NotFound, "no such tenant")
	case !known:
		return "", portal.Errorf(portal.NotFound, "no tenant has this phone_number_id")
	case tenantID != "" && owner != tenantID:
		return "", portal.Errorf(portal.Invalid, "tenantId and phone_number_id disagree")
	}
	return owner, nil
}

func (x *tenantIndex) stale() bool {
	x.mu.Lock()
	defer x.mu.Unlock()
	return x.now().Sub(x.read).Abs() >= tenantIndexAge
}

func (x *tenantIndex) refresh(ctx context.Context) error {
	tenants, err := x.store.Tenants(ctx)
	if err != nil {
		return err
	}
	x.mu.Lock()
	defer x.mu.Unlock()
	x.read = x.now()
	x.byID = make(map[string]bool, len(tenants))
	x.byPhone = make(map[string]string, len(tenants))
	for _, t := range tenants {
		x.byID[t.ID] = true
		if t.WhatsApp.PhoneNumberID != "" {
			x.byPhone[t.WhatsApp.PhoneNumberID] = t.ID
		}
	}
	return nil
}

// forget makes the next question go to the database.
func (x *tenantIndex) forget() {
	x.mu.Lock()
	defer x.mu.Unlock()
	x.read = time.Time{}
}

// Tenants lists all tenants with their channels' secrets, for the webhook's
// verification. Not for anything that is shown.
func (d *Desk) Tenants(ctx context.Context) ([]portal.Tenant, error) { return d.store.Tenants(ctx) }

// TenantByPhoneNumberID is the tenant of a WhatsApp number, secrets included;
// NotFound for a number of no tenant.
func (d *Desk) TenantByPhoneNumberID(ctx context.Context, phoneNumberID string) (portal.Tenant, error) {
	return d.store.TenantByPhoneNumberID(ctx, phoneNumberID)
}

// TenantName is what a tenant is called.
func (d *Desk) TenantName(ctx context.Context, tenantID string) (string, error) {
	var name string
	err := d.store.View(ctx, tenantID, func(tx store.ReadTx) error {
		t, err := tx.Tenant(ctx)
		name = t.Name
		return err
	})
	return name, err
}
