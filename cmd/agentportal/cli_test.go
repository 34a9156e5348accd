package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/config"
)

// failing are commands that all end with err and note which one ran.
func failing(err error, ran *string) commands {
	return commands{
		serve:    func(context.Context, config.Serve) error { *ran = "serve"; return err },
		demo:     func(context.Context, config.Demo) error { *ran = "demo"; return err },
		seed:     func(context.Context, config.Seed) error { *ran = "seed"; return err },
		simulate: func(context.Context, config.Simulate) error { *ran = "simulate"; return err },
		migrate:  func(context.Context, config.Migrate) error { *ran = "migrate"; return err },
	}
}

func TestExitCodes(t *testing.T) {
	for _, row := range []struct {
		args  []string
		err   error
		ran   string
		code  int
		lines int
	}{
		{[]string{"serve"}, nil, "serve", 0, 0},
		{[]string{"demo"}, nil, "demo", 0, 0},
		{[]string{"seed", "f"}, nil, "seed", 0, 0},
		{[]string{"simulate", "f"}, nil, "simulate", 0, 0},
		{[]string{"migrate"}, nil, "migrate", 0, 0},
		{[]string{"serve", "--help"}, nil, "", 0, 0},
		{[]string{"serve", "--no-such-flag"}, nil, "", 2, 1},
		{[]string{"serve", "--jwt-secret=short"}, nil, "", 2, 1},
		{nil, nil, "", 2, 1},
		{[]string{"serve"}, errors.New("two\nlines"), "serve", 1, 1},
	} {
		t.Run(fmt.Sprintf("CFG-9 %v", row.args), func(t *testing.T) {
			var ran string
			var stdout, stderr bytes.Buffer
			require.Equal(t, row.code, failing(row.err, &ran).run(t.Context(), row.args, &stdout, &stderr))
			require.Equal(t, row.ran, ran)
			require.Equal(t, row.lines, strings.Count(stderr.String(), "\n"))
		})
	}
}

func TestNewcomersErrors(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer taken.Close()
	_, inUse := net.Listen("tcp", taken.Addr().String())
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, gone.Close())
	_, refused := net.Dial("tcp", gone.Addr().String())
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	unwritable := os.MkdirAll(filepath.Join(file, "data"), 0o700)
	_, missing := os.ReadFile(filepath.Join(t.TempDir(), "tenants.json"))

	for name, row := range map[string]struct {
		err  error
		want string
	}{
		"port taken":         {fmt.Errorf("serve: %w", &noPlace{inUse, "--addr"}), "another program uses this address; stop it, or choose another with --addr"},
		"broker unreachable": {fmt.Errorf("broker: %w", refused), "nothing answers there"},
		"path not writable":  {fmt.Errorf("database: %w", unwritable), "PORTAL_DATABASE_URL"},
		"no seed file":       {missing, "check the path"},
		"our own":            {portal.Errorf(portal.Unavailable, "the database is newer than this program: install the newer one"), "install the newer one"},
	} {
		t.Run("CFG-10 "+name, func(t *testing.T) {
			require.Error(t, row.err)
			var ran string
			var stdout, stderr bytes.Buffer
			require.Equal(t, 1, failing(row.err, &ran).run(t.Context(), []string{"serve"}, &stdout, &stderr))
			require.Contains(t, stderr.String(), row.want)
			require.Equal(t, 1, strings.Count(stderr.String(), "\n"))
		})
	}
}
