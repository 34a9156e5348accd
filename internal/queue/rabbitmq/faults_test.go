package rabbitmq

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/queue"
)

const patience = 15 * time.Second

// collector acknowledges what it is handed and keeps the order of first sight.
type collector struct {
	mu   sync.Mutex
	seen map[string]bool
	all  []string
}

func (c *collector) Handle(ctx context.Context, d *queue.Delivery) {
	c.mu.Lock()
	if c.seen == nil {
		c.seen = map[string]bool{}
	}
	if body := string(d.Body); !c.seen[body] {
		c.seen[body] = true
		c.all = append(c.all, body)
	}
	c.mu.Unlock()
	_ = d.Ack(ctx) // lost ones come again
}

func (c *collector) got() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return append([]string{}, c.all...)
}

func (c *collector) wait(t *testing.T, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return len(c.got()) >= n }, patience, 5*time.Millisecond)
}

// consume runs a consumer until the test's end.
func consume(t *testing.T, q *Queue, name string, h queue.Handler) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- q.Consume(ctx, name, queue.ConsumeOptions{Drain: -1}, h) }()
	t.Cleanup(func() {
		cancel()
		if err := <-done; !errors.Is(err, queue.ErrClosed) {
			require.NoError(t, err)
		}
	})
}

func declared(t *testing.T, q *Queue) string {
	t.Helper()
	name := "test-" + rand.Text()
	t.Cleanup(func() { remove(t, name) })
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	require.NoError(t, q.Declare(ctx, name), "RabbitMQ must run for these tests; set TEST_AMQP_URL")
	return name
}

// insist publishes until the broker has taken it.
func insist(t *testing.T, q *Queue, name, body string) {
	t.Helper()
	require.Eventually(t, func() bool {
		return q.Publish(t.Context(), name, queue.Message{Body: []byte(body)}) == nil
	}, patience, 5*time.Millisecond)
}

func TestBrokenConnections(t *testing.T) {
	t.Run("Q-20 after broken connections everything comes, in order", func(t *testing.T) {
		p := newProxy(t)
		q := open(t, p.url(t))
		name := declared(t, q)
		c := &collector{}
		consume(t, q, name, c)
		var want []string
		for i := range 300 {
			if i%100 == 50 {
				p.breakAll(false)
			}
			body := fmt.Sprint("m", i)
			want = append(want, body)
			insist(t, q, name, body)
		}
		c.wait(t, len(want))
		require.Equal(t, want, c.got())
	})
	t.Run("Q-21 the broker is in use within 5 s of its return", func(t *testing.T) {
		p := newProxy(t)
		q := open(t, p.url(t))
		name := declared(t, q)
		c := &collector{}
		consume(t, q, name, c)
		insist(t, q, name, "before")
		c.wait(t, 1)
		p.breakAll(true)
		require.Eventually(t, func() bool { return !q.State().Connected }, patience, 5*time.Millisecond)
		require.NotEmpty(t, q.State().Err)
		require.Eventually(t, func() bool { return !q.State().Consuming[name] }, patience, 5*time.Millisecond)
		pause(t.Context(), 3*time.Second) // long enough for the longest back-off
		p.restore()
		back := time.Now()
		insist(t, q, name, "after")
		c.wait(t, 2)
		require.Less(t, time.Since(back), 5*time.Second)
		require.Eventually(t, func() bool { return q.State().Connected && q.State().Err == "" }, patience, 5*time.Millisecond)
	})
	t.Run("Q-22 while the broker is away publishing fails at once, and what is held is lost", func(t *testing.T) {
		p := newProxy(t)
		q := open(t, p.url(t))
		name := declared(t, q)
		held := make(chan *queue.Delivery, 1)
		consume(t, q, name, queue.HandlerFunc(func(_ context.Context, d *queue.Delivery) { held <- d }))
		insist(t, q, name, "x")
		d := <-held
		p.breakAll(true)
		require.Eventually(t, func() bool { return !q.State().Connected }, patience, 5*time.Millisecond)
		start := time.Now()
		require.ErrorIs(t, q.Publish(t.Context(), name, queue.Message{}), queue.ErrUnavailable)
		require.Less(t, time.Since(start), 100*time.Millisecond)
		require.Eventually(t, func() bool {
			return errors.Is(d.Ack(t.Context()), queue.ErrLost) || errors.Is(d.Ack(t.Context()), queue.ErrSettled)
		},
			patience, 5*time.Millisecond)
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		require.ErrorIs(t, q.Declare(ctx, name), queue.ErrUnavailable)
		p.restore()
		require.Equal(t, "x", string((<-held).Body))
	})
	t.Run("Q-22 a broker that isn't there is told in words", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, l.Close())
		q := open(t, "amqp://guest:sesame@"+l.Addr().String())
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		err = q.Declare(ctx, "x")
		require.ErrorIs(t, err, queue.ErrUnavailable)
		require.ErrorContains(t, err, "connection refused")
		require.NotContains(t, err.Error(), "sesame")
	})
}

func TestExistingQueues(t *testing.T) {
	t.Run("Q-23 a queue that exists with other arguments is used as it is", func(t *testing.T) {
		ch := admin(t)
		name := "test-" + rand.Text()
		t.Cleanup(func() { remove(t, name) })
		_, err := ch.QueueDeclare(name, true, false, false, false, amqp.Table{"x-max-length": 1000, "x-message-ttl": 3_600_000})
		require.NoError(t, err)
		q := open(t, brokerURL())
		require.NoError(t, q.Declare(t.Context(), name))
		c := &collector{}
		consume(t, q, name, c)
		insist(t, q, name, "x")
		c.wait(t, 1)
	})
	t.Run("Q-23 a queue that sees to one consumer at a time itself", func(t *testing.T) {
		for _, args := range []amqp.Table{
			{"x-single-active-consumer": true},
			{"x-single-active-consumer": true, "x-queue-type": "quorum"},
		} {
			name := "test-" + rand.Text()
			t.Cleanup(func() { remove(t, name) })
			_, err := admin(t).QueueDeclare(name, true, false, false, false, args)
			require.NoError(t, err)
			first, second := open(t, brokerURL()), open(t, brokerURL())
			require.NoError(t, first.Declare(t.Context(), name))
			got := make(chan *queue.Delivery, 10)
			consume(t, first, name, queue.HandlerFunc(func(_ context.Context, d *queue.Delivery) { got <- d }))
			insist(t, first, name, "a")
			insist(t, first, name, "b")
			require.NoError(t, (<-got).Ack(t.Context()))
			require.Equal(t, "b", string((<-got).Body))
			c := &collector{}
			consume(t, second, name, c)
			insist(t, first, name, "c")
			require.Equal(t, "c", string((<-got).Body))
			require.NoError(t, first.Close())
			c.wait(t, 2)
			require.Equal(t, []string{"b", "c"}, c.got())
		}
	})
	t.Run("Q-24 queues are durable and without arguments, messages persistent", func(t *testing.T) {
		q := open(t, brokerURL())
		name := declared(t, q)
		ch := admin(t)
		for _, n := range []string{name, name + queue.DeadSuffix} {
			_, err := ch.QueueDeclare(n, true, false, false, false, nil) // refused if it were different
			require.NoError(t, err)
		}
		insist(t, q, name, "x")
		d, ok, err := ch.Get(name, true)
		require.NoError(t, err)
		require.True(t, ok)
		require.EqualValues(t, amqp.Persistent, d.DeliveryMode)
		require.Equal(t, "application/json", d.ContentType)
	})
	t.Run("Q-25 a queue that was deleted loses nothing silently, and is made again", func(t *testing.T) {
		q := open(t, brokerURL())
		name := declared(t, q)
		c := &collector{}
		consume(t, q, name, c)
		insist(t, q, name, "before")
		c.wait(t, 1)
		_, err := admin(t).QueueDelete(name, false, false, false)
		require.NoError(t, err)
		insist(t, q, name, "after")
		c.wait(t, 2)
		lonely := declared(t, q) // nobody consumes it, so only publishing can make it again
		_, err = admin(t).QueueDelete(lonely, false, false, false)
		require.NoError(t, err)
		require.ErrorIs(t, q.Publish(t.Context(), lonely, queue.Message{Body: []byte("gone")}), queue.ErrUnavailable)
		insist(t, q, lonely, "kept")
	})
	t.Run("Q-26 what other programs published is dead-lettered with all that it had", func(t *testing.T) {
		q := open(t, brokerURL())
		name := declared(t, q)
		ch := admin(t)
		sent := amqp.Publishing{
			Headers:     amqp.Table{"x-number": int32(7), "x-list": []any{"a", int32(1)}},
			ContentType: "text/plain", ContentEncoding: "utf-8", CorrelationId: "c", ReplyTo: "r", Expiration: "3600000",
			MessageId: "m", Timestamp: time.Unix(1767225600, 0), Type: "t", AppId: "a", UserId: "guest", Priority: 3, Body: []byte("{"),
		}
		require.NoError(t, ch.PublishWithContext(t.Context(), "", name, false, false, sent))
		reason := bytes.Repeat([]byte("ä"), 10_000)
		settled := make(chan error, 1)
		consume(t, q, name, queue.HandlerFunc(func(ctx context.Context, d *queue.Delivery) { settled <- d.Dead(ctx, string(reason)) }))
		require.NoError(t, <-settled)
		d, ok, err := ch.Get(name+queue.DeadSuffix, true)
		require.NoError(t, err)
		require.True(t, ok)
		require.Equal(t, sent.Body, d.Body)
		require.Equal(t, int32(7), d.Headers["x-number"])
		require.Equal(t, sent.Headers["x-list"], d.Headers["x-list"])
		require.Contains(t, d.Headers["x-portal-reason"], "ää…")
		got := []any{d.ContentType, d.ContentEncoding, d.CorrelationId, d.ReplyTo, d.MessageId, d.Timestamp.Unix(), d.Type, d.AppId, d.Priority}
		require.Equal(t, []any{"text/plain", "utf-8", "c", "r", "m", sent.Timestamp.Unix(), "t", "a", uint8(3)}, got)
		require.Empty(t, d.Expiration, "it would expire as a dead letter too")
	})
	t.Run("Q-26 letters that other programs put there can be seen and discarded", func(t *testing.T) {
		q := open(t, brokerURL())
		name := declared(t, q)
		require.NoError(t, admin(t).PublishWithContext(t.Context(), "", name+queue.DeadSuffix, false, false,
			amqp.Publishing{Headers: amqp.Table{"x-n": int32(1), "x-b": []byte("bytes")}, Body: []byte("b")}))
		require.Eventually(t, func() bool {
			n, err := q.DeadLetters().Count(t.Context(), name)
			return err == nil && n == 1
		}, patience, 5*time.Millisecond)
		letters, err := q.DeadLetters().List(t.Context(), name, 5)
		require.NoError(t, err)
		require.Len(t, letters, 1)
		require.Equal(t, map[string]string{"x-n": "1", "x-b": "bytes"}, letters[0].Headers)
		require.NoError(t, q.DeadLetters().Discard(t.Context(), name, letters[0].Key))
		n, err := q.DeadLetters().Count(t.Context(), name)
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestRefusals(t *testing.T) {
	t.Run("Q-27 a wrong password is told at once, and nothing shows it", func(t *testing.T) {
		u, err := url.Parse(brokerURL())
		require.NoError(t, err)
		u.User = url.UserPassword("guest", "sesame-open")
		var log bytes.Buffer
		q, err := Open(Config{URL: u.String(), Log: slog.New(slog.NewTextHandler(&log, nil))})
		require.NoError(t, err)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		err = q.Declare(ctx, "x")
		require.NoError(t, ctx.Err())
		require.ErrorIs(t, err, queue.ErrUnavailable)
		state := q.State()
		require.NoError(t, q.Close())
		require.NotContains(t, err.Error()+state.Err+log.String(), "sesame-open")
	})
	t.Run("Q-27 an address that can't be one is refused without showing it", func(t *testing.T) {
		for _, bad := range []string{"http://guest:sesame@x", "amqp://guest:sesame@x:port/", "", "amqp://guest:sesame@%zz/"} {
			_, err := Open(Config{URL: bad})
			require.Error(t, err, bad)
			require.NotContains(t, err.Error(), "sesame")
		}
	})
}
