package desk

import (
	"context"
	"errors"
	"fmt"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/store"
)

// Seed is the seed file: tenants and their users.
type Seed struct {
	Tenants []SeedTenant `json:"tenants"`
}

// SeedTenant is one tenant of a seed file.
type SeedTenant struct {
	portal.Tenant
	Users []SeedUser `json:"users"`
}

// SeedUser is one user of a seed file. The password is used only to make the user.
type SeedUser struct {
	ID       string      `json:"id"`
	Email    string      `json:"email"`
	Password string      `json:"password"`
	Name     string      `json:"name"`
	Role     portal.Role `json:"role"`
}

// Seed makes the tenants and users that don't exist yet and leaves the others as
// they are, so that doing it twice changes nothing. Everything is checked before
// anything is made; a file that can't be right is Invalid.
func (d *Desk) Seed(ctx context.Context, s Seed) error {
	for _, t := range s.Tenants {
		if err := t.check(); err != nil {
			return err
		}
	}
	existing, err := d.store.Tenants(ctx)
	if err != nil {
		return err
	}
	if err := s.checkNumbers(existing); err != nil {
		return err
	}
	if err := d.checkEmails(ctx, s); err != nil {
		return err
	}
	known := make(map[string]bool, len(existing))
	for _, t := range existing {
		known[t.ID] = true
	}
	for _, t := range s.Tenants {
		if !known[t.ID] {
			if err := d.store.PutTenant(ctx, t.Tenant); err != nil {
				return about(err, "tenant %s", t.ID)
			}
			failpoint.Hit(failpoint.TenantSeeded)
		}
		for _, u := range t.Users {
			if err := d.seedUser(ctx, t.ID, u); err != nil {
				return about(err, "user %s of %s", u.ID, t.ID)
			}
			failpoint.Hit(failpoint.UserSeeded)
		}
	}
	d.tenants.forget()
	return nil
}

// checkNumbers refuses a new tenant with another's phone number id, of the file or
// of the database.
func (s Seed) checkNumbers(existing []portal.Tenant) error {
	owners := make(map[string]string)
	known := make(map[string]bool)
	for _, t := range existing {
		owners[t.WhatsApp.PhoneNumberID], known[t.ID] = t.ID, true
	}
	for _, t := range s.Tenants {
		number := t.WhatsApp.PhoneNumberID
		if number == "" || known[t.ID] {
			continue
		}
		if owner, taken := owners[number]; taken && owner != t.ID {
			return portal.Errorf(portal.Conflict, "tenant %s: phone number id %s is %s's", t.ID, number, owner)
		}
		owners[number] = t.ID
	}
	return nil
}

// checkEmails does the same for new users' emails.
func (d *Desk) checkEmails(ctx context.Context, s Seed) error {
	type owner struct{ tenant, user string }
	owners := make(map[string]owner)
	for _, t := range s.Tenants {
		for _, u := range t.Users {
			email, self := normalEmail(u.Email), owner{t.ID, u.ID}
			if _, taken := owners[email]; !taken {
				owners[email] = self
				switch known, err := d.store.UserByEmail(ctx, email); {
				case err == nil:
					owners[email] = owner{known.TenantID, known.ID}
				case portal.CodeOf(err) != portal.NotFound:
					return err
				}
			}
			if owners[email] == self {
				continue
			}
			switch exists, err := d.userExists(ctx, t.ID, u.ID); {
			case err != nil:
				return err
			case !exists:
				return portal.Errorf(portal.Conflict, "user %s of %s: the email is in use", u.ID, t.ID)
			}
		}
	}
	return nil
}

func (d *Desk) userExists(ctx context.Context, tenantID, userID string) (bool, error) {
	err := d.store.View(ctx, tenantID, func(tx store.ReadTx) error {
		_, err := tx.User(ctx, userID)
		return err
	})
	if portal.CodeOf(err) == portal.NotFound {
		return false, nil
	}
	return err == nil, err
}

// about puts before a refusal what of the file it is about.
func about(err error, what string, args ...any) error {
	var own *portal.Error
	if !errors.As(err, &own) {
		return err
	}
	return &portal.Error{Code: own.Code, Why: own.Why, Err: err, Message: fmt.Sprintf(what, args...) + ": " + own.Message}
}

func (d *Desk) seedUser(ctx context.Context, tenantID string, u SeedUser) error {
	if exists, err := d.userExists(ctx, tenantID, u.ID); exists || err != nil {
		return err
	}
	hash, err := d.hashPassword(u.Password)
	if err != nil {
		return err
	}
	user := u.user(tenantID)
	user.PasswordHash = hash
	return d.update(ctx, tenantID, func(c *change) error {
		_, err := c.tx.User(ctx, u.ID) // another seed may have been faster
		if portal.CodeOf(err) != portal.NotFound {
			return err
		}
		return c.putUser(ctx, user)
	})
}

func (t SeedTenant) check() error {
	if !isID(t.ID) || t.Name == "" {
		return portal.Errorf(portal.Invalid, "tenant %q: id and name are needed", t.ID)
	}
	for _, u := range t.Users {
		if !isID(u.ID) || u.ID == "me" || u.ID == "unassigned" { // the list's filter means something else by these
			return portal.Errorf(portal.Invalid, "tenant %s: user id %q can't be one", t.ID, u.ID)
		}
		if u.Password == "" {
			return portal.Errorf(portal.Invalid, "user %s of %s: password is missing", u.ID, t.ID)
		}
		if err := checkUser(u.user(t.ID)); err != nil {
			return about(err, "user %s of %s", u.ID, t.ID)
		}
	}
	return nil
}

func (u SeedUser) user(tenantID string) portal.User {
	return portal.User{ID: u.ID, TenantID: tenantID, Email: normalEmail(u.Email), Name: u.Name, Role: u.Role}
}
