package sqlite

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/agentportal/portal/internal/store/storetest"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestSuite copies one migrated file for its cases: making the tables each time
// would take longer than the cases.
func TestSuite(t *testing.T) {
	made := filepath.Join(t.TempDir(), "portal.db")
	s, err := Open(t.Context(), Config{Path: made})
	require.NoError(t, err)
	require.NoError(t, s.Migrate(t.Context()))
	require.NoError(t, s.Close()) // which leaves all in the one file
	file, err := os.ReadFile(made)
	require.NoError(t, err)
	storetest.Run(t, func(t *testing.T) storetest.Store {
		path := filepath.Join(t.TempDir(), "portal.db")
		require.NoError(t, os.WriteFile(path, file, 0o600))
		return open(t, Config{Path: path})
	})
}

// open opens and migrates; the store is closed when t ends.
func open(t testing.TB, c Config) *Store {
	t.Helper()
	s, err := Open(t.Context(), c)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, s.Close()) })
	require.NoError(t, s.Migrate(t.Context()))
	return s
}
