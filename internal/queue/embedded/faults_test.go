package embedded

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/queue"
)

const patience = 15 * time.Second

// lock takes the database's write lock until the returned function is called.
func lock(t *testing.T, db *sql.DB) (release func()) {
	t.Helper()
	conn, err := db.Conn(t.Context())
	require.NoError(t, err)
	_, err = conn.ExecContext(t.Context(), `BEGIN IMMEDIATE`)
	require.NoError(t, err)
	return func() {
		_, err := conn.ExecContext(context.Background(), `ROLLBACK`)
		require.NoError(t, err)
		require.NoError(t, conn.Close())
	}
}

// impatient makes all connections give up a lock at once.
func impatient(t *testing.T, db *sql.DB) {
	t.Helper()
	db.SetMaxOpenConns(3)
	for range 3 {
		conn, err := db.Conn(t.Context())
		require.NoError(t, err)
		_, err = conn.ExecContext(t.Context(), `PRAGMA busy_timeout = 20`)
		require.NoError(t, err)
		defer func() { require.NoError(t, conn.Close()) }()
	}
}

func TestLockedDatabase(t *testing.T) {
	t.Run("Q-30 while the database fails publishing fails, and acknowledgements are kept until they are written", func(t *testing.T) {
		db := database(t)
		db.SetMaxIdleConns(3)
		impatient(t, db)
		q := open(t, db)
		require.NoError(t, q.Publish(t.Context(), "q", queue.Message{Body: []byte("a")}, queue.Message{Body: []byte("b")}))
		got := make(chan *queue.Delivery, 10)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() {
			done <- q.Consume(ctx, "q", queue.ConsumeOptions{Drain: -1}, queue.HandlerFunc(func(_ context.Context, d *queue.Delivery) { got <- d }))
		}()
		first, second := <-got, <-got
		release := lock(t, db)
		require.NoError(t, first.Ack(t.Context()))
		require.ErrorIs(t, q.Publish(t.Context(), "q", queue.Message{Body: []byte("c")}), queue.ErrUnavailable)
		require.ErrorIs(t, second.Dead(t.Context(), "x"), queue.ErrUnavailable)
		require.False(t, q.State().Connected)
		require.NotEmpty(t, q.State().Err)
		release()
		require.NoError(t, second.Dead(t.Context(), "x"), "still unsettled")
		require.NoError(t, q.Publish(t.Context(), "q", queue.Message{Body: []byte("d")}))
		require.Equal(t, "d", string((<-got).Body))
		require.Eventually(t, func() bool { return q.State().Connected }, patience, 5*time.Millisecond)
		cancel()
		require.NoError(t, <-done)
		require.NoError(t, q.Close())
		var left string
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT group_concat(body) FROM queue_messages`).Scan(&left))
		require.Equal(t, "d", left)
	})
}

func TestWriter(t *testing.T) {
	t.Run("Q-31 what fails in a shared commit takes nothing else with it", func(t *testing.T) {
		db := database(t)
		q := open(t, db)
		defer func() { require.NoError(t, q.Close()) }()
		bad := errors.New("bad")
		jobs := make([]*job, 5)
		for i := range jobs {
			jobs[i] = &job{answer: make(chan error, 1), do: func(ctx context.Context, tx *sql.Tx) error {
				if i == 2 {
					return bad
				}
				return insert(ctx, tx, "q", queue.Message{Body: fmt.Append(nil, i)})
			}}
		}
		q.writer.write(jobs)
		for i, j := range jobs {
			if err := <-j.answer; i == 2 {
				require.ErrorIs(t, err, bad)
			} else {
				require.NoError(t, err)
			}
		}
		var n int
		require.NoError(t, db.QueryRowContext(t.Context(), `SELECT count(*) FROM queue_messages`).Scan(&n))
		require.Equal(t, 4, n)
	})
	t.Run("Q-31 publishers at the same time share commits and each keeps its order", func(t *testing.T) {
		q := open(t, database(t))
		defer func() { require.NoError(t, q.Close()) }()
		var publishing sync.WaitGroup
		for p := range 20 {
			publishing.Go(func() {
				for i := range 20 {
					if err := q.Publish(t.Context(), "q", queue.Message{ID: fmt.Sprint(p), Body: fmt.Append(nil, i)}); err != nil {
						t.Error(err)
					}
				}
			})
		}
		publishing.Wait()
		page, err := q.read(t.Context(), "q", 0, 1000)
		require.NoError(t, err)
		require.Len(t, page, 400)
		next := map[string]int{}
		for _, m := range page {
			require.Equal(t, fmt.Sprint(next[m.ID]), string(m.Body))
			next[m.ID]++
		}
	})
}

func TestOpen(t *testing.T) {
	t.Run("Q-32 a database without the tables is refused", func(t *testing.T) {
		db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "empty.db"))
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		_, err = Open(t.Context(), Config{DB: db})
		require.ErrorIs(t, err, queue.ErrUnavailable)
	})
}

// TestKilled publishes in a process that is killed right after it was told that the message is stored.
func TestKilled(t *testing.T) {
	const variable = "TEST_QUEUE_KILLED"
	if path := os.Getenv(variable); path != "" {
		q := open(t, databaseAt(t, path))
		require.NoError(t, q.Publish(t.Context(), "q", queue.Message{Body: []byte("kept")}))
		self, err := os.FindProcess(os.Getpid())
		require.NoError(t, err)
		require.NoError(t, self.Kill())
		select {}
	}
	t.Run("Q-33 a message that was stored survives kill -9", func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "queue.db")
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKilled$")
		cmd.Env = append(os.Environ(), variable+"="+path)
		require.Error(t, cmd.Run(), "killed")
		q := open(t, databaseAt(t, path))
		defer func() { require.NoError(t, q.Close()) }()
		page, err := q.read(t.Context(), "q", 0, 10)
		require.NoError(t, err)
		require.Len(t, page, 1)
		require.Equal(t, "kept", string(page[0].Body))
	})
}
