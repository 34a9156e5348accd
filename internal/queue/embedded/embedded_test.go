package embedded

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	_ "modernc.org/sqlite" // the driver

	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func database(t *testing.T) *sql.DB {
	t.Helper()
	return databaseAt(t, filepath.Join(t.TempDir(), "queue.db"))
}

func databaseAt(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?_pragma=journal_mode(WAL)&_pragma=busy_timeout(5000)&_txlock=immediate")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	migrator, err := goose.NewProvider(goose.DialectSQLite3, db, Migrations(), goose.WithTableName(VersionTable))
	require.NoError(t, err)
	_, err = migrator.Up(t.Context())
	require.NoError(t, err)
	return db
}

func open(t *testing.T, db *sql.DB) *Queue {
	t.Helper()
	q, err := Open(t.Context(), Config{DB: db})
	require.NoError(t, err)
	return q
}

func TestSuite(t *testing.T) {
	queuetest.Run(t, func(t *testing.T) queuetest.Harness {
		db := database(t)
		return queuetest.Harness{
			Open:   func(t *testing.T) queue.Queue { return open(t, db) },
			Peer:   func(_ *testing.T, first queue.Queue) queue.Queue { return first },
			Remove: func(*testing.T, ...string) {},
		}
	})
}
