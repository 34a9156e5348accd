package config

import (
	"bytes"
	"io"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// clean takes the environment's own settings away for the time of the test.
func clean(t *testing.T) {
	t.Helper()
	for _, entry := range os.Environ() {
		if name, value, _ := strings.Cut(entry, "="); strings.HasPrefix(name, "PORTAL_") {
			t.Setenv(name, value) // put back afterwards
			require.NoError(t, os.Unsetenv(name))
		}
	}
}

func parse(t *testing.T, args ...string) Command {
	t.Helper()
	cmd, err := Parse(args, "test", io.Discard)
	require.NoError(t, err)
	return cmd
}

func TestDefaults(t *testing.T) {
	clean(t)
	t.Run("CFG-1 serve needs no settings", func(t *testing.T) {
		require.Equal(t, &Serve{Portal{
			Addr:         "127.0.0.1:8080",
			Database:     Database{SQLitePath: "data/portal.db"},
			InboundQueue: "INBOUND_WHATSAPP_MESSAGES",
			StatusQueue:  "WHATSAPP_STATUS_UPDATES",
			JWTSecret:    []byte{},
			AccessTTL:    15 * time.Minute,
			RefreshTTL:   720 * time.Hour,
			LogRetention: 72 * time.Hour,
			GraphURL:     "https://graph.facebook.com",
		}}, parse(t, "serve").Serve)
	})
	t.Run("CFG-1 demo keeps to a database of its own", func(t *testing.T) {
		require.Equal(t, "data/demo.db", parse(t, "demo").Demo.Database.SQLitePath)
	})
	t.Run("CFG-2 a variable set to nothing is the default", func(t *testing.T) {
		unset := parse(t, "serve")
		for _, flag := range []string{"addr", "database-url", "broker-url", "inbound-queue", "status-queue", "jwt-secret", "access-ttl",
			"refresh-ttl", "log-retention", "allowed-origins", "trusted-proxies", "graph-url", "log-level", "log-format"} {
			t.Setenv(variable(flag), "")
		}
		require.Equal(t, unset, parse(t, "serve"))
	})
}

func TestEveryVariableHasItsFlag(t *testing.T) {
	clean(t)
	get := func(pick func(Portal) any) func(Command) any {
		return func(c Command) any { return pick(c.Serve.Portal) }
	}
	for flag, row := range map[string]struct {
		env, flag string
		got       func(Command) any
		fromEnv   any
		fromFlag  any
	}{
		"addr":            {":9000", "127.0.0.1:0", get(func(p Portal) any { return p.Addr }), ":9000", "127.0.0.1:0"},
		"database-url":    {"sqlite:a.db", "postgres://u@h/d", get(func(p Portal) any { return p.Database }), Database{SQLitePath: "a.db"}, Database{PostgresURL: "postgres://u@h/d"}},
		"broker-url":      {"amqp://h", "amqps://h", get(func(p Portal) any { return p.BrokerURL }), "amqp://h", "amqps://h"},
		"inbound-queue":   {"a", "b", get(func(p Portal) any { return p.InboundQueue }), "a", "b"},
		"status-queue":    {"a", "b", get(func(p Portal) any { return p.StatusQueue }), "a", "b"},
		"jwt-secret":      {strings.Repeat("e", 32), strings.Repeat("f", 33), get(func(p Portal) any { return string(p.JWTSecret) }), strings.Repeat("e", 32), strings.Repeat("f", 33)},
		"access-ttl":      {"2s", "3m", get(func(p Portal) any { return p.AccessTTL }), 2 * time.Second, 3 * time.Minute},
		"refresh-ttl":     {"2s", "3m", get(func(p Portal) any { return p.RefreshTTL }), 2 * time.Second, 3 * time.Minute},
		"log-retention":   {"2s", "3m", get(func(p Portal) any { return p.LogRetention }), 2 * time.Second, 3 * time.Minute},
		"allowed-origins": {"https://A.example:443/, http://b.example:80", "http://c:1", get(func(p Portal) any { return p.AllowedOrigins }), []string{"https://a.example", "http://b.example"}, []string{"http://c:1"}},
		"trusted-proxies": {"10.0.0.0/8,::1", "192.0.2.1", get(func(p Portal) any { return len(p.TrustedProxies) }), 2, 1},
		"graph-url":       {"http://h/", "https://i/v1", get(func(p Portal) any { return p.GraphURL }), "http://h", "https://i/v1"},
		"log-level":       {"debug", "WARN", get(func(p Portal) any { return p.Log.Level }), slog.LevelDebug, slog.LevelWarn},
		"log-format":      {"text", "json", get(func(p Portal) any { return p.Log.JSON }), false, true},
	} {
		t.Run("CFG-3 CFG-4 "+flag, func(t *testing.T) {
			t.Setenv(variable(flag), row.env)
			require.Equal(t, row.fromEnv, row.got(parse(t, "serve")), "from the environment")
			require.Equal(t, row.fromFlag, row.got(parse(t, "serve", "--"+flag+"="+row.flag)), "the flag wins")
		})
	}
}

func TestOtherCommands(t *testing.T) {
	clean(t)
	t.Run("CFG-5 seed", func(t *testing.T) {
		require.Equal(t, &Seed{File: "tenants.json", Database: Database{SQLitePath: "x.db"}}, parse(t, "seed", "tenants.json", "--database-url", "sqlite:x.db").Seed)
	})
	t.Run("CFG-5 simulate", func(t *testing.T) {
		require.Empty(t, parse(t, "simulate").Simulate.File)
		require.Equal(t, &Simulate{File: "f", PortalURL: "http://p", GraphAddr: ":1", Customers: 3, Rate: 2.5},
			parse(t, "simulate", "f", "--url=http://p/", "--graph-addr=:1", "--customers=3", "--rate=2.5").Simulate)
	})
	t.Run("CFG-5 migrate", func(t *testing.T) {
		require.Equal(t, &Migrate{Database: Database{SQLitePath: "data/portal.db"}, NewEpoch: true}, parse(t, "migrate", "--new-epoch").Migrate)
	})
	t.Run("CFG-5 demo", func(t *testing.T) {
		require.True(t, parse(t, "demo", "--quiet").Demo.Quiet)
	})
}

func TestHelp(t *testing.T) {
	clean(t)
	for _, args := range [][]string{{"--help"}, {"serve", "--help"}, {"demo", "--help"}, {"seed", "--help"}, {"simulate", "--help"}, {"migrate", "--help"}} {
		t.Run("CFG-6 "+strings.Join(args, " "), func(t *testing.T) {
			var out bytes.Buffer
			_, err := Parse(args, "test", &out)
			require.ErrorIs(t, err, ErrHelp)
			require.Contains(t, out.String(), "Usage: agentportal")
		})
	}
	t.Run("CFG-6 --version", func(t *testing.T) {
		var out bytes.Buffer
		_, err := Parse([]string{"--version"}, "1.2.3", &out)
		require.ErrorIs(t, err, ErrHelp)
		require.Equal(t, "agentportal 1.2.3\n", out.String())
	})
	t.Run("CFG-7 a wrong command line is pointed to its command's help", func(t *testing.T) {
		for _, args := range [][]string{{"seed"}, {"seed", "a.json", "b.json"}, {"seed", "a.json", "--no-such-flag"}} {
			_, err := Parse(args, "test", io.Discard)
			require.ErrorContains(t, err, "agentportal seed --help shows what there is")
		}
	})
	t.Run("CFG-6 help names the variables and shows no secret", func(t *testing.T) {
		t.Setenv("PORTAL_JWT_SECRET", "the-secret-that-nobody-should-see")
		var out bytes.Buffer
		_, err := Parse([]string{"serve", "--help"}, "test", &out)
		require.ErrorIs(t, err, ErrHelp)
		require.Contains(t, out.String(), "PORTAL_DATABASE_URL")
		require.NotContains(t, out.String(), "the-secret-that-nobody-should-see")
	})
}

func TestComplaints(t *testing.T) {
	clean(t)
	for name, row := range map[string]struct {
		args []string
		want string
	}{
		"no command":          {nil, "expected one of"},
		"unknown command":     {[]string{"server"}, "server"},
		"wrong flag":          {[]string{"serve", "--adr=:1"}, "unknown flag --adr"},
		"flag without value":  {[]string{"serve", "--addr"}, "--addr"},
		"seed without file":   {[]string{"seed"}, "<file>"},
		"address":             {[]string{"serve", "--addr=8080"}, "PORTAL_ADDR (--addr) is \"8080\": write HOST:PORT"},
		"port":                {[]string{"serve", "--addr=:65536"}, "PORTAL_ADDR"},
		"database scheme":     {[]string{"serve", "--database-url=mysql://u:hush@h/d"}, "PORTAL_DATABASE_URL (--database-url) is no database"},
		"database file":       {[]string{"serve", "--database-url=sqlite:"}, "names no file"},
		"broker":              {[]string{"serve", "--broker-url=redis://u:hush@h"}, "PORTAL_BROKER_URL (--broker-url) is no broker"},
		"queue":               {[]string{"serve", "--inbound-queue=amq.x"}, "PORTAL_INBOUND_QUEUE"},
		"one queue for both":  {[]string{"serve", "--inbound-queue=q", "--status-queue=q"}, "PORTAL_STATUS_QUEUE"},
		"short secret":        {[]string{"serve", "--jwt-secret=hush-hush-hush-hush-hush-hush-h"}, "PORTAL_JWT_SECRET (--jwt-secret) has 31 bytes: write at least 32"},
		"duration":            {[]string{"serve", "--access-ttl=15"}, "PORTAL_ACCESS_TTL (--access-ttl) is \"15\": write a duration of at least 1s, such as 15m"},
		"negative duration":   {[]string{"serve", "--refresh-ttl=-1h"}, "such as 720h"},
		"zero retention":      {[]string{"serve", "--log-retention=0"}, "such as 72h"},
		"wildcard origin":     {[]string{"serve", "--allowed-origins=*"}, "PORTAL_ALLOWED_ORIGINS"},
		"null origin":         {[]string{"serve", "--allowed-origins=null"}, "PORTAL_ALLOWED_ORIGINS"},
		"origin with a path":  {[]string{"serve", "--allowed-origins=https://a.example/x"}, "PORTAL_ALLOWED_ORIGINS"},
		"origin of wildcards": {[]string{"serve", "--allowed-origins=https://*.example"}, "PORTAL_ALLOWED_ORIGINS"},
		"proxy":               {[]string{"serve", "--trusted-proxies=proxy"}, "PORTAL_TRUSTED_PROXIES"},
		"graph":               {[]string{"serve", "--graph-url=graph.facebook.com"}, "PORTAL_GRAPH_URL"},
		"log level":           {[]string{"serve", "--log-level=loud"}, "PORTAL_LOG_LEVEL"},
		"log format":          {[]string{"serve", "--log-format=xml"}, "PORTAL_LOG_FORMAT"},
		"customers":           {[]string{"simulate", "f", "--customers=none"}, "PORTAL_CUSTOMERS"},
		"rate":                {[]string{"simulate", "f", "--rate=NaN"}, "PORTAL_RATE"},
	} {
		t.Run("CFG-7 CFG-8 "+name, func(t *testing.T) {
			_, err := Parse(row.args, "test", io.Discard)
			require.ErrorContains(t, err, row.want)
			require.NotContains(t, err.Error(), "\n", "one line")
			require.NotContains(t, err.Error(), "hush", "no secret")
		})
	}
	t.Run("CFG-7 a wrong variable is told like a wrong flag", func(t *testing.T) {
		t.Setenv("PORTAL_ACCESS_TTL", "soon")
		_, err := Parse([]string{"serve"}, "test", io.Discard)
		require.ErrorContains(t, err, "PORTAL_ACCESS_TTL (--access-ttl) is \"soon\"")
	})
}
