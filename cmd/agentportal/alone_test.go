package main

import (
	"bufio"
	"cmp"
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/store/postgres"
)

// running is a process of the command that serves.
type running struct {
	cmd  *exec.Cmd
	mu   sync.Mutex
	said strings.Builder
	done chan struct{} // closed once it has ended
}

// serving starts the command in a directory of its own and returns once it listens.
func serving(t *testing.T, args ...string) *running {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	r := &running{cmd: exec.Command(self, append([]string{"serve", "--addr=127.0.0.1:0"}, args...)...), done: make(chan struct{})}
	r.cmd.Dir, r.cmd.Env = t.TempDir(), []string{asCommand + "=1", "PATH=" + os.Getenv("PATH")}
	stderr, err := r.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, r.cmd.Start())
	listening := make(chan struct{})
	go func() {
		defer close(r.done)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			r.mu.Lock()
			r.said.WriteString(lines.Text() + "\n")
			r.mu.Unlock()
			if strings.Contains(lines.Text(), "msg=listening") {
				close(listening)
			}
		}
		_ = r.cmd.Wait() // how it ended is asked of ProcessState
	}()
	t.Cleanup(r.kill)
	select {
	case <-listening:
	case <-r.done:
		require.Fail(t, "it doesn't serve", r.log())
	case <-time.After(time.Minute):
		require.Fail(t, "it doesn't listen", r.log())
	}
	return r
}

func (r *running) log() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.said.String()
}

// kill is kill -9.
func (r *running) kill() {
	_ = r.cmd.Process.Kill() // gone already
	<-r.done
}

// postgresDatabase is an empty database of a test's own.
func postgresDatabase(t *testing.T) string {
	t.Helper()
	base := cmp.Or(os.Getenv("TEST_POSTGRES_URL"), "postgres://postgres@127.0.0.1:5432/postgres?sslmode=disable")
	name := "alone_" + strings.ToLower(rand.Text())
	ask(t, base, "CREATE DATABASE "+name)
	t.Cleanup(func() { ask(t, base, "DROP DATABASE "+name+" WITH (FORCE)") })
	u, err := url.Parse(base)
	require.NoError(t, err)
	u.Path = "/" + name
	return u.String()
}

// ask runs one statement and tells how many rows came of it.
func ask(t *testing.T, database, statement string) int64 {
	t.Helper()
	c, err := pgx.Connect(context.Background(), database)
	require.NoError(t, err, "PostgreSQL is needed: set TEST_POSTGRES_URL")
	defer c.Close(context.Background())
	tag, err := c.Exec(context.Background(), statement)
	require.NoError(t, err)
	return tag.RowsAffected()
}

// dropQueues leaves nothing at the broker.
func dropQueues(t *testing.T, names ...string) {
	conn, err := amqp.Dial(brokerURL())
	require.NoError(t, err)
	defer conn.Close()
	ch, err := conn.Channel()
	require.NoError(t, err)
	for _, name := range names {
		for _, queue := range []string{name, name + ".dead"} {
			_, err := ch.QueueDelete(queue, false, false, false)
			require.NoError(t, err)
		}
	}
}

func brokerURL() string {
	return cmp.Or(os.Getenv("TEST_AMQP_URL"), "amqp://guest:guest@127.0.0.1:5672/")
}

// TestOneNodeOnly is the embedded queue on PostgreSQL, which several processes can reach.
func TestOneNodeOnly(t *testing.T) {
	address := postgresDatabase(t)
	database := "--database-url=" + address
	queues := "alone." + strings.ToLower(rand.Text())
	broker := []string{database, "--broker-url=" + brokerURL(),
		"--inbound-queue=" + queues + ".in", "--status-queue=" + queues + ".status"}
	t.Cleanup(func() { dropQueues(t, queues+".in", queues+".status") })
	refused := func(t *testing.T, args ...string) {
		t.Helper()
		end := command(t, t.TempDir(), nil, append([]string{"serve", "--addr=127.0.0.1:0"}, args...)...)
		require.Equal(t, 1, end.code, end.stderr)
		require.Equal(t, 1, strings.Count(end.stderr, "\n"), "CFG-9: one line: %s", end.stderr)
		for _, text := range []string{"another serve", "embedded queue", "stop it", "--broker-url"} {
			require.Contains(t, end.stderr, text)
		}
	}
	first := serving(t, database)
	t.Run("CFG-14 beside one with the embedded queue nobody else serves", func(t *testing.T) {
		refused(t, database)
		refused(t, broker...)
	})
	t.Run("CFG-14 after a kill the next one serves at once", func(t *testing.T) {
		first.kill()
		began := time.Now()
		serving(t, database).kill()
		require.Less(t, time.Since(began), 5*time.Second)
	})
	t.Run("CFG-14 beside nodes that share a broker, one with the embedded queue doesn't", func(t *testing.T) {
		serving(t, broker...)
		serving(t, broker...)
		refused(t, database)
	})
	t.Run("CFG-14 one that lost its place ends", func(t *testing.T) {
		ours := postgresDatabase(t)
		ousted := serving(t, "--database-url="+ours)
		other, err := postgres.Open(t.Context(), postgres.Config{URL: ours, Serve: true, Alone: true})
		require.NoError(t, err)
		defer other.Close()
		took := make(chan error, 1)
		go func() { took <- other.Migrate(t.Context()) }()
		const of = ` FROM pg_locks WHERE locktype = 'advisory' AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`
		require.Eventually(t, func() bool { return ask(t, ours, `SELECT pid`+of+` AND NOT granted`) == 1 }, 3*time.Second, time.Millisecond)
		require.Positive(t, ask(t, ours, `SELECT DISTINCT pg_terminate_backend(pid)`+of+` AND granted`))
		require.NoError(t, <-took)
		select {
		case <-ousted.done:
		case <-time.After(20 * time.Second):
			require.Fail(t, "it goes on", ousted.log())
		}
		require.Equal(t, 1, ousted.cmd.ProcessState.ExitCode())
		lines := strings.Split(strings.TrimSpace(ousted.log()), "\n")
		require.Contains(t, lines[len(lines)-1], "agentportal: another serve has taken this one's place")
	})
}
