package rabbitmq

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/queue"
	"github.com/agentportal/portal/internal/queue/queuetest"
)

func newHints(t *testing.T, url, group string) *Hints {
	t.Helper()
	h, err := NewHints(Config{URL: url, Name: t.Name(), Log: slog.New(slog.NewTextHandler(t.Output(), nil))}, group)
	require.NoError(t, err)
	return h
}

func TestHints(t *testing.T) {
	queuetest.RunHints(t, func(t *testing.T, group string) queue.Hints { return newHints(t, brokerURL(), group) })

	t.Run("Q-43 no broker blocks nobody; after its return hints flow again", func(t *testing.T) {
		p := newProxy(t)
		group := "test-" + rand.Text()
		cut, far := queuetest.RunNode(t, newHints(t, p.url(t), group)), queuetest.RunNode(t, newHints(t, brokerURL(), group))
		queuetest.Acquainted(t, cut, far)
		p.breakAll(true)
		for range 100_000 {
			cut.Tell(queue.Hint{Kind: "lost"})
		}
		p.restore()
		queuetest.Acquainted(t, cut, far)
	})
	t.Run("Q-44 nothing stays at the broker", func(t *testing.T) {
		group := "test-" + rand.Text()
		h := newHints(t, brokerURL(), group)
		ctx, cancel := context.WithCancel(t.Context())
		var running sync.WaitGroup
		running.Go(func() { _ = h.Run(ctx, func(queue.Hint) {}) })
		exists := func() bool {
			conn, err := amqp.Dial(brokerURL())
			require.NoError(t, err)
			defer func() { require.NoError(t, conn.Close()) }()
			ch, err := conn.Channel()
			require.NoError(t, err)
			return ch.ExchangeDeclarePassive(group, amqp.ExchangeFanout, false, true, false, false, nil) == nil
		}
		require.Eventually(t, func() bool { // bound: an exchange goes with its last queue, so it needs one
			h.mu.Lock()
			defer h.mu.Unlock()
			return h.open
		}, 15*time.Second, 5*time.Millisecond)
		require.True(t, exists())
		cancel()
		running.Wait()
		require.Eventually(t, func() bool { return !exists() }, 15*time.Second, 50*time.Millisecond)
	})
}
