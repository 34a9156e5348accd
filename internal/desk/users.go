package desk

import (
	"context"
	"strings"
	"unicode/utf8"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// The sizes of what is known of a user.
const (
	maxEmail    = 254 // bytes; RFC 5321
	maxName     = 200 // code points
	minPassword = 8   // code points
	maxPassword = 1024
)

// Users are the tenant's users, by name, without their passwords.
func (d *Desk) Users(ctx context.Context, who portal.Identity) ([]portal.User, error) {
	var users []portal.User
	err := d.view(ctx, who, func(tx store.ReadTx) (err error) {
		users, err = tx.Users(ctx)
		return err
	})
	for i := range users {
		users[i].PasswordHash = ""
	}
	return users, err
}

// UserInput is a new user.
type UserInput struct {
	Email, Name, Password string
	Role                  portal.Role
}

// CreateUser makes a user, who can sign in at once. Admins only. An email in use,
// by whomever, is a Conflict.
func (d *Desk) CreateUser(ctx context.Context, who portal.Identity, in UserInput) (portal.User, error) {
	if who.Role != portal.RoleAdmin {
		return portal.User{}, errForbidden()
	}
	user := portal.User{ID: d.newID(), TenantID: who.TenantID, Email: normalEmail(in.Email), Name: strings.TrimSpace(clean(in.Name)), Role: in.Role}
	if err := checkUser(user); err != nil {
		return portal.User{}, err
	}
	hash, err := d.password(in.Password)
	if err != nil {
		return portal.User{}, err
	}
	user.PasswordHash = hash
	if err := d.update(ctx, who.TenantID, func(c *change) error { return c.putUser(ctx, user) }); err != nil {
		return portal.User{}, err
	}
	user.PasswordHash = ""
	return user, nil
}

// UserChange is what to change of a user; nil leaves as it is.
type UserChange struct {
	Email, Name, Password *string
	Role                  *portal.Role
}

// UpdateUser changes a user. Admins only. Taking the role of the tenant's last
// admin is a Conflict: nobody could give it back. A new password signs the user
// out wherever they are signed in, but for the session that sets it.
func (d *Desk) UpdateUser(ctx context.Context, who portal.Identity, id string, in UserChange) (portal.User, error) {
	if err := d.CanManage(ctx, who, id); err != nil {
		return portal.User{}, err
	}
	hash := ""
	if in.Password != nil {
		var err error
		if hash, err = d.password(*in.Password); err != nil { // slow, so outside the transaction
			return portal.User{}, err
		}
	}
	var user portal.User
	err := d.update(ctx, who.TenantID, func(c *change) (err error) {
		if user, err = c.tx.User(ctx, id); err != nil {
			return err
		}
		before := user
		in.apply(&user)
		if hash != "" {
			user.PasswordHash = hash
		}
		if err := checkUser(user); err != nil {
			return err
		}
		if before.Role == portal.RoleAdmin && user.Role != portal.RoleAdmin {
			if err := c.checkOtherAdmin(ctx, id); err != nil {
				return err
			}
		}
		if err := c.putUser(ctx, user); err != nil || hash == "" {
			return err
		}
		return c.tx.RevokeSessionsOf(ctx, id, who.SessionID, c.at)
	})
	if err != nil {
		return portal.User{}, err
	}
	user.PasswordHash = ""
	return user, nil
}

// CanManage tells by its error whether who may change a user: NotFound when it
// is missing or another tenant's, and only then Forbidden.
func (d *Desk) CanManage(ctx context.Context, who portal.Identity, id string) error {
	if !isID(id) {
		return portal.Errorf(portal.NotFound, "no such user")
	}
	err := d.view(ctx, who, func(tx store.ReadTx) error {
		_, err := tx.User(ctx, id)
		return err
	})
	if err == nil && who.Role != portal.RoleAdmin {
		return errForbidden()
	}
	return err
}

func (in UserChange) apply(user *portal.User) {
	if in.Email != nil {
		user.Email = normalEmail(*in.Email)
	}
	if in.Name != nil {
		user.Name = strings.TrimSpace(clean(*in.Name))
	}
	if in.Role != nil {
		user.Role = *in.Role
	}
}

func (c *change) checkOtherAdmin(ctx context.Context, id string) error {
	users, err := c.tx.Users(ctx)
	if err != nil {
		return err
	}
	for _, u := range users {
		if u.Role == portal.RoleAdmin && u.ID != id {
			return nil
		}
	}
	return portal.Refuse(portal.Conflict, portal.WhyLastAdmin, "the last admin has to stay one")
}

func normalEmail(email string) string { return strings.ToLower(strings.TrimSpace(clean(email))) }

func checkUser(u portal.User) error {
	at := strings.LastIndexByte(u.Email, '@')
	switch {
	case at < 1, at == len(u.Email)-1, len(u.Email) > maxEmail, strings.ContainsAny(u.Email, " \t\r\n"):
		return portal.Refuse(portal.Invalid, portal.WhyEmailInvalid, "%q is no email address", u.Email)
	case u.Name == "", utf8.RuneCountInString(u.Name) > maxName:
		return portal.Refuse(portal.Invalid, portal.WhyNameInvalid, "name must have 1 to %d characters", maxName)
	case !u.Role.Valid():
		return portal.Errorf(portal.Invalid, "role must be admin, agent or viewer")
	}
	return nil
}

// password is the stored form of a new password.
func (d *Desk) password(password string) (string, error) {
	if utf8.RuneCountInString(password) < minPassword || len(password) > maxPassword {
		return "", portal.Refuse(portal.Invalid, portal.WhyPasswordShort, "password must have at least %d characters", minPassword)
	}
	return d.hashPassword(password)
}

// putUser stores a user. The only uniqueness it can break is the email's.
func (c *change) putUser(ctx context.Context, user portal.User) error {
	err := c.tx.PutUser(ctx, user)
	if portal.CodeOf(err) == portal.Conflict {
		return &portal.Error{Code: portal.Conflict, Why: portal.WhyEmailInUse, Message: "the email is in use", Err: err}
	}
	return err
}
