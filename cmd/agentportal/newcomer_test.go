package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/store/sqlite"
)

// TestFirstSteps is what goes wrong on somebody's first day, with the command itself.
func TestFirstSteps(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600))
	}
	write("file", "no directory")
	write("other.db", strings.Repeat("not a database ", 100))
	write("cut.json", `{"tenants":[`)
	write("thin.json", `{"tenant":[]}`)
	write("odd.json", `{"tenants":[{"id":1}]}`)
	write("email.json", `{"tenants":[{"id":"acme","name":"Acme","users":[{"id":"ann","email":"ann","password":"correct horse","name":"Ann","role":"agent"}]}]}`)
	require.Zero(t, command(t, dir, nil, "migrate", "--database-url=sqlite:newer.db").code)
	makeNewer(t, filepath.Join(dir, "newer.db"))
	held, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "held.db"), Exclusive: true})
	require.NoError(t, err)
	t.Cleanup(func() { _ = held.Close() }) // after the rows, which are parallel
	port, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = port.Close() })
	nobody := port.Addr().String() // nothing there answers as a broker or database would
	free, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, free.Close())

	broker, err := url.Parse(cmp.Or(os.Getenv("TEST_AMQP_URL"), "amqp://guest:guest@127.0.0.1:5672/"))
	require.NoError(t, err)
	stranger, elsewhere := *broker, *broker
	stranger.User = url.UserPassword("stranger", "hunter2secret")
	elsewhere.Path = "/no-such-vhost"
	postgres, err := url.Parse(cmp.Or(os.Getenv("TEST_POSTGRES_URL"), "postgres://postgres:postgres@127.0.0.1:5432/postgres"))
	require.NoError(t, err)
	noRole := *postgres
	noRole.User = url.UserPassword("no_such_role", "hunter2secret")
	noName := *postgres
	noName.Path = "/no_such_database"
	sealed := *broker
	sealed.Scheme = "amqps"
	dead := free.Addr().String()

	serves := 0
	serve := func(args ...string) []string {
		serves++
		return append([]string{"serve", "--addr=127.0.0.1:0", fmt.Sprintf("--database-url=sqlite:%d.db", serves)}, args...)
	}
	for name, row := range map[string]struct {
		args  []string
		env   []string
		code  int
		says  []string
		never string
	}{
		"port taken":               {args: serve("--addr=" + nobody), code: 1, says: []string{"another program uses this address", "--addr"}},
		"no such address":          {args: serve("--addr=192.0.2.1:80"), code: 1, says: []string{"no such address", "--addr"}},
		"no such host":             {args: serve("--addr=no-such-host.invalid:80"), code: 1, says: []string{"no such host", "--addr"}},
		"simulate's port taken":    {args: []string{"simulate", "--graph-addr=" + nobody}, code: 1, says: []string{"another program uses this address", "--graph-addr"}},
		"address without port":     {args: serve("--addr=localhost"), code: 2, says: []string{"--addr"}},
		"folder is a file":         {args: serve("--database-url=sqlite:file/x.db"), code: 1, says: []string{"file/x.db", "--database-url"}},
		"folder not writable":      {args: serve("--database-url=sqlite:/proc/x.db"), code: 1, says: []string{"readable and writable", "--database-url"}},
		"not a database":           {args: serve("--database-url=sqlite:other.db"), code: 1, says: []string{"isn't a SQLite database", "--database-url"}},
		"newer database":           {args: serve("--database-url=sqlite:newer.db"), code: 1, says: []string{"newer agentportal"}},
		"second serve on a file":   {args: serve("--database-url=sqlite:held.db"), code: 1, says: []string{"in use by another serve"}},
		"no PostgreSQL there":      {args: serve("--database-url=postgres://u:hunter2secret@" + dead + "/x"), code: 1, says: []string{"can't be reached", "--database-url"}},
		"PostgreSQL refuses":       {args: serve("--database-url=" + noRole.String()), code: 1, says: []string{"the user or the password isn't accepted", "correct --database-url"}, never: "start it"},
		"no such PostgreSQL":       {args: serve("--database-url=" + noName.String()), code: 1, says: []string{"there is no database of this name", "correct --database-url"}, never: "start it"},
		"wrong kind of database":   {args: serve("--database-url=mysql://u:hunter2secret@h/x"), code: 2, says: []string{"--database-url", "sqlite:"}},
		"no broker there":          {args: serve("--broker-url=amqp://u:hunter2secret@" + dead + "/"), code: 1, says: []string{"nothing answers at " + dead, "--broker-url"}},
		"broker refuses user":      {args: serve("--broker-url=" + stranger.String()), code: 1, says: []string{"refuses the user name or the password", "correct --broker-url"}, never: "start it"},
		"broker without TLS":       {args: serve("--broker-url=" + sealed.String()), code: 1, says: []string{"doesn't speak TLS", "amqp://", "--broker-url"}, never: "start it"},
		"broker has no such vhost": {args: serve("--broker-url=" + elsewhere.String()), code: 1, says: []string{"no such virtual host", "--broker-url"}},
		"wrong kind of broker":     {args: serve("--broker-url=kafka://u:hunter2secret@h/"), code: 2, says: []string{"--broker-url", "amqp://"}},
		"secret too short":         {args: serve("--jwt-secret=hunter2secret"), code: 2, says: []string{"--jwt-secret", "32"}},
		"secret short by variable": {args: serve(), env: []string{"PORTAL_JWT_SECRET=hunter2secret"}, code: 2, says: []string{"PORTAL_JWT_SECRET", "32"}},
		"no duration":              {args: serve("--access-ttl=soon"), code: 2, says: []string{"--access-ttl"}},
		"no origin":                {args: serve("--allowed-origins=example.com"), code: 2, says: []string{"--allowed-origins"}},
		"unknown flag":             {args: serve("--prot=1"), code: 2, says: []string{"--prot", "--help"}},
		"unknown command":          {args: []string{"server"}, code: 2, says: []string{"server", "--help"}},
		"no command":               {code: 2, says: []string{"--help"}},
		"no seed file":             {args: []string{"seed", "nowhere.json"}, code: 1, says: []string{"nowhere.json", "check the path"}},
		"seed file is a folder":    {args: []string{"seed", "."}, code: 1, says: []string{"isn't a seed file", "write JSON like"}},
		"seed file is cut off":     {args: []string{"seed", "cut.json"}, code: 1, says: []string{"ends too early", "write JSON like"}},
		"seed file of other kind":  {args: []string{"seed", "thin.json"}, code: 1, says: []string{"has no tenants", "write JSON like"}},
		"seed file with odd types": {args: []string{"seed", "odd.json"}, code: 1, says: []string{"tenants.id", "write JSON like"}},
		"seed user without email":  {args: []string{"seed", "email.json"}, code: 1, says: []string{`user ann of acme: "ann" is no email address`}},
	} {
		t.Run("CFG-10 "+name, func(t *testing.T) {
			t.Parallel()
			end := command(t, dir, row.env, row.args...)
			require.Equal(t, row.code, end.code, end.stderr)
			require.Equal(t, 1, strings.Count(end.stderr, "\n"), "CFG-9: one line: %s", end.stderr)
			require.True(t, strings.HasPrefix(end.stderr, "agentportal: "), end.stderr)
			for _, text := range row.says {
				require.Contains(t, end.stderr, text)
			}
			require.NotContains(t, end.stderr, "hunter2secret", "CFG-8")
			if row.never != "" {
				require.NotContains(t, end.stderr, row.never)
			}
			for _, code := range []string{": internal: ", ": invalid: ", "unavailable:"} {
				require.NotContains(t, end.stderr, code, "words, no codes")
			}
		})
	}
	t.Run("CFG-10 a broker that was used before is away", func(t *testing.T) {
		t.Parallel()
		address := "amqp://u:hunter2secret@" + dead + "/"
		db, err := sqlite.Open(t.Context(), sqlite.Config{Path: filepath.Join(dir, "used.db")})
		require.NoError(t, err)
		require.NoError(t, db.Migrate(t.Context()))
		_, err = db.SetSettingOnce(t.Context(), brokerKey(address), "used")
		require.NoError(t, errors.Join(err, db.Close()))
		said := started(t, dir, "serve", "--addr=127.0.0.1:0", "--database-url=sqlite:used.db", "--broker-url="+address)
		require.Contains(t, said, "nothing answers at "+dead)
		require.Contains(t, said, "--broker-url")
		require.NotContains(t, said, "hunter2secret", "CFG-8")
	})
	t.Run("CFG-9 help", func(t *testing.T) {
		t.Parallel()
		require.Equal(t, ran{}, command(t, dir, nil, "serve", "--help"))
		require.Equal(t, ran{}, command(t, dir, nil, "--version"))
	})
}

// makeNewer makes a database look as if a later version had migrated it.
func makeNewer(t *testing.T, path string) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path})
	require.NoError(t, err)
	_, err = db.DB().Exec("INSERT INTO store_version (version_id, is_applied) VALUES (9999, 1)")
	require.NoError(t, err)
	require.NoError(t, db.Close())
}
