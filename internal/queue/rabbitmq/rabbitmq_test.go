package rabbitmq

import (
	"log/slog"
	"os"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/queue/queuetest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func brokerURL() string {
	if url := os.Getenv("TEST_AMQP_URL"); url != "" {
		return url
	}
	return "amqp://guest:guest@127.0.0.1:5672/"
}

func open(t *testing.T, url string) *Queue {
	t.Helper()
	q, err := Open(Config{URL: url, Name: t.Name(), Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, q.Close()) })
	return q
}

// admin is a plain connection, for what the portal itself never does.
func admin(t *testing.T) *amqp.Channel {
	t.Helper()
	conn, err := amqp.Dial(brokerURL())
	require.NoError(t, err, "RabbitMQ must run for these tests; set TEST_AMQP_URL")
	t.Cleanup(func() { require.NoError(t, conn.Close()) })
	ch, err := conn.Channel()
	require.NoError(t, err)
	return ch
}

func remove(t *testing.T, names ...string) {
	t.Helper()
	conn, err := amqp.Dial(brokerURL())
	require.NoError(t, err)
	defer func() { require.NoError(t, conn.Close()) }()
	ch, err := conn.Channel()
	require.NoError(t, err)
	for _, name := range names {
		for _, n := range []string{name, name + queue.DeadSuffix} {
			_, err := ch.QueueDelete(n, false, false, false)
			require.NoError(t, err)
		}
	}
}

func TestSuite(t *testing.T) {
	queuetest.Run(t, func(*testing.T) queuetest.Harness {
		return queuetest.Harness{
			Open:   func(t *testing.T) queue.Queue { return open(t, brokerURL()) },
			Peer:   func(t *testing.T, _ queue.Queue) queue.Queue { return open(t, brokerURL()) },
			Remove: remove,
		}
	})
}
