package desk_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

func TestResolveTenant(t *testing.T) {
	b := newBench(t)
	for _, c := range []struct {
		tenant, phone, want string
		code                portal.Code
	}{
		{"acme", "", "acme", ""}, {"", "1055", "acme", ""}, {"acme", "1055", "acme", ""},
		{"acme", "2066", "", portal.Invalid}, {"", "", "", portal.Invalid},
		{"nobody", "", "", portal.NotFound}, {"", "9999", "", portal.NotFound}, {"nobody", "1055", "", portal.NotFound}, {"acme", "9999", "", portal.NotFound},
	} {
		got, err := b.ResolveTenant(t.Context(), c.tenant, c.phone)
		require.Equal(t, c.code, code(err), "DESK-33 %+v", c)
		require.Equal(t, c.want, got)
	}
	t.Run("DESK-33 what another process seeds counts at once", func(t *testing.T) {
		require.NoError(t, b.store.PutTenant(t.Context(), portal.Tenant{ID: "new", Name: "New", WhatsApp: portal.WhatsApp{PhoneNumberID: "3077"}}))
		got, err := b.ResolveTenant(t.Context(), "", "3077")
		require.NoError(t, err)
		require.Equal(t, "new", got)
	})
	t.Run("DESK-33 a number that moved", func(t *testing.T) {
		moved := "4088"
		_, err := b.UpdateChannel(t.Context(), ada, desk.ChannelChange{PhoneNumberID: &moved})
		require.NoError(t, err)
		got, err := b.ResolveTenant(t.Context(), "", moved)
		require.NoError(t, err)
		require.Equal(t, "acme", got)
		_, err = b.ResolveTenant(t.Context(), "", "1055")
		require.Equal(t, portal.NotFound, code(err))
	})
}

func TestUsers(t *testing.T) {
	b := newBench(t)
	hash := func(email string) string {
		u, err := b.store.UserByEmail(context.Background(), email)
		require.NoError(t, err)
		return u.PasswordHash
	}
	valid := desk.UserInput{Email: " New@Acme.test", Name: "New", Password: "long enough", Role: portal.RoleAgent}
	t.Run("DESK-34 created and changed by an admin", func(t *testing.T) {
		user, err := b.CreateUser(t.Context(), ada, valid)
		require.NoError(t, err)
		require.Equal(t, "new@acme.test", user.Email)
		require.Empty(t, user.PasswordHash)
		require.Equal(t, "hash of long enough", hash("new@acme.test"))
		password, role := "another one", portal.RoleViewer
		user, err = b.UpdateUser(t.Context(), ada, user.ID, desk.UserChange{Password: &password, Role: &role})
		require.NoError(t, err)
		require.Equal(t, portal.RoleViewer, user.Role)
		require.Empty(t, user.PasswordHash)
		require.Equal(t, "hash of another one", hash("new@acme.test"))
		users, err := b.Users(t.Context(), vic)
		require.NoError(t, err)
		require.Len(t, users, 5)
		for _, u := range users {
			require.Equal(t, "acme", u.TenantID)
			require.Empty(t, u.PasswordHash)
		}
	})
	t.Run("DESK-38 a new password ends the user's other sessions", func(t *testing.T) {
		admin := ada
		admin.SessionID = "here"
		for id, user := range map[string]string{"here": "ada", "there": "ada", "ben's": "ben", "ann's": "ann"} {
			require.NoError(t, b.store.CreateAuthSession(t.Context(), store.AuthSession{ID: id, TenantID: "acme", UserID: user, RefreshHash: []byte(id)}))
		}
		ended := func(id string) bool {
			session, err := b.store.AuthSession(t.Context(), id)
			require.NoError(t, err)
			return !session.RevokedAt.IsZero()
		}
		name, password := "Benjamin", "a new password"
		_, err := b.UpdateUser(t.Context(), admin, "ben", desk.UserChange{Name: &name})
		require.NoError(t, err)
		require.False(t, ended("ben's"), "no new password")
		for _, id := range []string{"ben", "ada"} {
			_, err = b.UpdateUser(t.Context(), admin, id, desk.UserChange{Password: &password})
			require.NoError(t, err)
		}
		require.True(t, ended("ben's"))
		require.True(t, ended("there"))
		require.False(t, ended("here"), "the session that set it")
		require.False(t, ended("ann's"))
	})
	t.Run("DESK-34 an email is unique over all tenants", func(t *testing.T) {
		in := valid
		in.Email = "OLGA@globex.test"
		_, err := b.CreateUser(t.Context(), ada, in)
		require.Equal(t, portal.Conflict, code(err))
		_, err = b.UpdateUser(t.Context(), ada, "ann", desk.UserChange{Email: &in.Email})
		require.Equal(t, portal.Conflict, code(err))
	})
	t.Run("DESK-34 the last admin stays one", func(t *testing.T) {
		role := portal.RoleAgent
		_, err := b.UpdateUser(t.Context(), ada, "ada", desk.UserChange{Role: &role})
		require.Equal(t, portal.Conflict, code(err))
	})
	t.Run("DESK-34 what can't be a user is invalid", func(t *testing.T) {
		for _, spoil := range []func(*desk.UserInput){
			func(in *desk.UserInput) { in.Email = "none" }, func(in *desk.UserInput) { in.Email = "@x" }, func(in *desk.UserInput) { in.Email = "a b@x" },
			func(in *desk.UserInput) { in.Email = strings.Repeat("a", 250) + "@x.test" }, func(in *desk.UserInput) { in.Name = "  " },
			func(in *desk.UserInput) { in.Role = "owner" }, func(in *desk.UserInput) { in.Password = "short" },
		} {
			in := valid
			in.Email = "other@acme.test"
			spoil(&in)
			_, err := b.CreateUser(t.Context(), ada, in)
			require.Equal(t, portal.Invalid, code(err), "%+v", in)
		}
	})
	t.Run("DESK-25 users are for admins, and another tenant's don't exist", func(t *testing.T) {
		for _, who := range []portal.Identity{ann, vic} {
			_, err := b.CreateUser(t.Context(), who, valid)
			require.Equal(t, portal.Forbidden, code(err))
			_, err = b.UpdateUser(t.Context(), who, "ben", desk.UserChange{})
			require.Equal(t, portal.Forbidden, code(err))
		}
		for _, who := range []portal.Identity{ann, vic, ada} {
			for _, id := range []string{"olga", "missing", "a\x00b"} {
				_, err := b.UpdateUser(t.Context(), who, id, desk.UserChange{})
				require.Equal(t, portal.NotFound, code(err))
			}
		}
	})
}

func TestChannel(t *testing.T) {
	b := newBench(t)
	t.Run("DESK-35 secrets are masked", func(t *testing.T) {
		c, err := b.Channel(t.Context(), ada)
		require.NoError(t, err)
		require.Equal(t, desk.Channel{PhoneNumberID: "1055", DisplayPhoneNumber: "+1 555 0100",
			AccessToken: "••••acme", AppSecret: "••••acme", VerifyToken: "verify"}, c)
	})
	t.Run("DESK-35 changed as a whole or not at all", func(t *testing.T) {
		token, masked := "a-new-access-token", "••••acme"
		_, err := b.UpdateChannel(t.Context(), ada, desk.ChannelChange{AccessToken: &token, AppSecret: &masked})
		require.Equal(t, portal.Invalid, code(err))
		_, err = b.UpdateChannel(t.Context(), ada, desk.ChannelChange{AccessToken: &token})
		require.NoError(t, err)
		tenant, err := b.TenantByPhoneNumberID(t.Context(), "1055")
		require.NoError(t, err)
		require.Equal(t, token, tenant.WhatsApp.AccessToken)
		require.Equal(t, "app-secret-of-acme", tenant.WhatsApp.AppSecret)
	})
	t.Run("DESK-35 another tenant's number is a conflict", func(t *testing.T) {
		taken := "2066"
		_, err := b.UpdateChannel(t.Context(), ada, desk.ChannelChange{PhoneNumberID: &taken})
		require.Equal(t, portal.Conflict, code(err))
	})
	t.Run("DESK-25 the channel is for admins", func(t *testing.T) {
		for _, who := range []portal.Identity{ann, vic} {
			_, err := b.Channel(t.Context(), who)
			require.Equal(t, portal.Forbidden, code(err))
			_, err = b.UpdateChannel(t.Context(), who, desk.ChannelChange{})
			require.Equal(t, portal.Forbidden, code(err))
		}
	})
}

func TestSeed(t *testing.T) {
	b := newBench(t)
	state := func() (all []any) {
		tenants, err := b.Tenants(t.Context())
		require.NoError(t, err)
		for _, tenant := range tenants {
			all = append(all, tenant)
			b.view(tenant.ID, func(tx store.ReadTx) error {
				users, err := tx.Users(t.Context())
				all = append(all, users)
				return err
			})
		}
		return all
	}
	t.Run("DESK-36 twice changes nothing", func(t *testing.T) {
		before := state()
		require.NoError(t, b.Seed(t.Context(), seed))
		changed := seed
		changed.Tenants = []desk.SeedTenant{seed.Tenants[0]}
		changed.Tenants[0].Name = "Renamed"
		changed.Tenants[0].Users = []desk.SeedUser{{ID: "ann", Email: "x@acme.test", Password: "another", Name: "X", Role: portal.RoleAdmin}}
		require.NoError(t, b.Seed(t.Context(), changed))
		require.Equal(t, before, state())
	})
	t.Run("DESK-36 what is missing is made", func(t *testing.T) {
		more := desk.Seed{Tenants: []desk.SeedTenant{{Tenant: portal.Tenant{ID: "acme", Name: "Acme"},
			Users: []desk.SeedUser{{ID: "cid", Email: "Cid@acme.test", Password: "x", Name: "Cid", Role: portal.RoleViewer}}}}}
		require.NoError(t, b.Seed(t.Context(), more))
		u, err := b.store.UserByEmail(t.Context(), "cid@acme.test")
		require.NoError(t, err)
		require.Equal(t, "hash of x", u.PasswordHash)
	})
	t.Run("DESK-36 a file that can't be right changes nothing", func(t *testing.T) {
		before := state()
		for _, spoil := range []func(*desk.SeedTenant){
			func(s *desk.SeedTenant) { s.ID = "" }, func(s *desk.SeedTenant) { s.Name = "" },
			func(s *desk.SeedTenant) { s.Users[0].ID = "me" }, func(s *desk.SeedTenant) { s.Users[0].Role = "boss" },
			func(s *desk.SeedTenant) { s.Users[0].Password = "" }, func(s *desk.SeedTenant) { s.Users[0].Email = "x" },
		} {
			good := desk.SeedTenant{Tenant: portal.Tenant{ID: "good", Name: "Good"}}
			bad := desk.SeedTenant{Tenant: portal.Tenant{ID: "bad", Name: "Bad"},
				Users: []desk.SeedUser{{ID: "u", Email: "u@bad.test", Password: "x", Name: "U", Role: portal.RoleAgent}}}
			spoil(&bad)
			require.Equal(t, portal.Invalid, code(b.Seed(t.Context(), desk.Seed{Tenants: []desk.SeedTenant{good, bad}})))
		}
		require.Equal(t, before, state())
	})
	t.Run("DESK-36 a file that doesn't fit what exists changes nothing", func(t *testing.T) {
		before := state()
		for what, spoil := range map[string]func(good, bad *desk.SeedTenant){
			"another tenant's number": func(_, bad *desk.SeedTenant) { bad.WhatsApp = seed.Tenants[0].WhatsApp },
			"a number twice":          func(good, bad *desk.SeedTenant) { bad.WhatsApp = good.WhatsApp },
			"another user's email":    func(_, bad *desk.SeedTenant) { bad.Users[0].Email = "ANN@acme.test" },
			"an email twice":          func(good, bad *desk.SeedTenant) { bad.Users[0].Email = good.Users[0].Email },
		} {
			file := desk.Seed{}
			for _, id := range []string{"good", "bad"} {
				file.Tenants = append(file.Tenants, desk.SeedTenant{
					Tenant: portal.Tenant{ID: id, Name: id, WhatsApp: portal.WhatsApp{PhoneNumberID: "number of " + id}},
					Users:  []desk.SeedUser{{ID: "u", Email: id + "@new.test", Password: "x", Name: "U", Role: portal.RoleAgent}}})
			}
			spoil(&file.Tenants[0], &file.Tenants[1])
			require.Equal(t, portal.Conflict, code(b.Seed(t.Context(), file)), what)
			require.Equal(t, before, state(), what)
		}
	})
	t.Run("DESK-36 an error names the user, not the password", func(t *testing.T) {
		taken := desk.Seed{Tenants: []desk.SeedTenant{{Tenant: portal.Tenant{ID: "acme", Name: "Acme"},
			Users: []desk.SeedUser{{ID: "dup", Email: "ann@acme.test", Password: "secret-password", Name: "Dup", Role: portal.RoleAgent}}}}}
		err := b.Seed(t.Context(), taken)
		require.Equal(t, portal.Conflict, code(err))
		var e *portal.Error
		require.True(t, errors.As(err, &e))
		require.Contains(t, e.Message, "dup")
		require.NotContains(t, err.Error(), "secret-password")
	})
}
