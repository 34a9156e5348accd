package storetest

import (
	"fmt"
	"sync"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var directoryCases = []testCase{
	{"STORE-30 tenants are found by id and by number", tenantsFound},
	{"STORE-30 a number is one tenant's, no number anyone's", numberUnique},
	{"STORE-30 putting a tenant again keeps its log", tenantAgain},
	{"STORE-31 users are found, listed by name, replaced", usersFound},
	{"STORE-31 an email is one user's over all tenants", emailUnique},
	{"STORE-32 a setting is kept once, whoever comes first", settingOnce},
	{"STORE-33 the epoch stays until it is set", epochStays},
}

func tenantsFound(b *bench) {
	w := portal.WhatsApp{PhoneNumberID: "55", DisplayPhoneNumber: odd, AccessToken: odd, AppSecret: "", VerifyToken: odd}
	b.acme.update(func(tx store.Tx) { b.ok(tx.PutWhatsApp(b.ctx, w)) })
	want := portal.Tenant{ID: "acme", Name: "Tenant acme", WhatsApp: w}
	b.acme.view(func(tx store.ReadTx) {
		got, err := tx.Tenant(b.ctx)
		b.ok(err)
		require.Equal(b.t, want, got)
	})
	got, err := b.s.TenantByPhoneNumberID(b.ctx, "55")
	b.ok(err)
	require.Equal(b.t, want, got)
	for _, none := range []string{"1001", "", "none"} {
		_, err = b.s.TenantByPhoneNumberID(b.ctx, none)
		b.code(portal.NotFound, err)
	}
	list, err := b.s.Tenants(b.ctx)
	b.ok(err)
	require.Len(b.t, list, 2)
	require.Equal(b.t, want, list[0])
}

func numberUnique(b *bench) {
	b.code(portal.Conflict, b.acme.try(func(tx store.Tx) error { return tx.PutWhatsApp(b.ctx, portal.WhatsApp{PhoneNumberID: "1002"}) }))
	b.code(portal.Conflict, b.s.PutTenant(b.ctx, portal.Tenant{ID: "third", WhatsApp: portal.WhatsApp{PhoneNumberID: "1002"}}))
	b.ok(b.s.PutTenant(b.ctx, portal.Tenant{ID: "third"}))
	b.ok(b.s.PutTenant(b.ctx, portal.Tenant{ID: "fourth"}))
}

func tenantAgain(b *bench) {
	last := b.acme.last()
	b.ok(b.s.PutTenant(b.ctx, portal.Tenant{ID: "acme", Name: "Renamed", WhatsApp: portal.WhatsApp{PhoneNumberID: "1001"}}))
	require.Equal(b.t, last, b.acme.last())
	tenant, err := b.s.TenantByPhoneNumberID(b.ctx, "1001")
	b.ok(err)
	require.Equal(b.t, "Renamed", tenant.Name)
}

func usersFound(b *bench) {
	u := portal.User{ID: "zed", TenantID: "acme", Email: "zed@acme.test", Name: "Aaron " + odd, Role: portal.RoleAdmin, PasswordHash: "$argon2id$"}
	b.acme.update(func(tx store.Tx) { b.ok(tx.PutUser(b.ctx, u)) })
	check := func() {
		b.acme.view(func(tx store.ReadTx) {
			got, err := tx.User(b.ctx, "zed")
			b.ok(err)
			require.Equal(b.t, u, got)
			list, err := tx.Users(b.ctx)
			b.ok(err)
			require.Len(b.t, list, 3)
			require.Equal(b.t, u, list[0], "by name")
		})
		got, err := b.s.UserByEmail(b.ctx, u.Email)
		b.ok(err)
		require.Equal(b.t, u, got)
	}
	check()
	u.Email, u.Role, u.PasswordHash = "aaron@acme.test", portal.RoleViewer, "other"
	b.acme.update(func(tx store.Tx) { b.ok(tx.PutUser(b.ctx, u)) })
	check()
	_, err := b.s.UserByEmail(b.ctx, "zed@acme.test")
	b.code(portal.NotFound, err)
}

func emailUnique(b *bench) {
	b.code(portal.Conflict, b.acme.try(func(tx store.Tx) error {
		return tx.PutUser(b.ctx, portal.User{ID: "new", Email: "bob@globex.test", Role: portal.RoleAgent})
	}))
}

func settingOnce(b *bench) {
	v, err := b.s.Setting(b.ctx, "key")
	b.ok(err)
	require.Empty(b.t, v)
	var mu sync.Mutex
	stood := map[string]bool{}
	together(8, func(i int) {
		v, err := b.s.SetSettingOnce(b.ctx, "key", fmt.Sprint("value ", i))
		if err != nil {
			b.t.Error(err)
		}
		mu.Lock()
		stood[v] = true
		mu.Unlock()
	})
	require.Len(b.t, stood, 1)
	v, err = b.s.Setting(b.ctx, "key")
	b.ok(err)
	require.True(b.t, stood[v])
}

func epochStays(b *bench) {
	first, err := b.s.Epoch(b.ctx)
	b.ok(err)
	require.NotEmpty(b.t, first)
	b.ok(b.s.Migrate(b.ctx))
	again, err := b.s.Epoch(b.ctx)
	b.ok(err)
	require.Equal(b.t, first, again)
	b.ok(b.s.SetEpoch(b.ctx, "restored"))
	again, err = b.s.Epoch(b.ctx)
	b.ok(err)
	require.Equal(b.t, "restored", again)
}
