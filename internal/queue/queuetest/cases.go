package queuetest

import (
	"bytes"
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/queue"
)

func order(t *testing.T, b *bench) {
	in := consume(t, b.q, b.name, queue.ConsumeOptions{Prefetch: 1000})
	b.publish(t, numbered(0, 20)...)
	var batch []queue.Message
	for _, body := range numbered(20, 400) {
		batch = append(batch, msg(body))
	}
	require.NoError(t, b.q.Publish(t.Context(), b.name, batch...))
	for _, d := range in.all(t, numbered(0, 400)...) {
		require.NoError(t, d.Ack(t.Context()))
		require.False(t, d.Redelivered)
		require.Equal(t, b.name, d.Queue)
		require.Equal(t, "id-"+string(d.Body), d.ID)
	}
	in.nothing(t)
}

func durable(t *testing.T, b *bench) {
	b.publish(t, "a", "b")
	b.reopen(t)
	b.publish(t, "c")
	consume(t, b.q, b.name, queue.ConsumeOptions{}).all(t, "a", "b", "c")
}

func redelivery(t *testing.T, b *bench) {
	b.publish(t, numbered(0, 6)...)
	in := consume(t, b.q, b.name, queue.ConsumeOptions{})
	got := in.all(t, numbered(0, 6)...)
	require.NoError(t, got[1].Ack(t.Context()))
	require.NoError(t, got[4].Ack(t.Context()))
	b.reopen(t)
	require.ErrorIs(t, in.wait(t), queue.ErrClosed)
	b.publish(t, "later")
	again := consume(t, b.q, b.name, queue.ConsumeOptions{}).all(t, "m0", "m2", "m3", "m5", "later")
	for _, d := range again[:4] {
		require.True(t, d.Redelivered)
	}
}

func ackIsFinal(t *testing.T, b *bench) {
	b.publish(t, numbered(0, 50)...)
	in := consume(t, b.q, b.name, queue.ConsumeOptions{})
	for _, d := range in.all(t, numbered(0, 50)...) {
		require.NoError(t, d.Ack(t.Context()))
	}
	in.stop(t)
	in = consume(t, b.q, b.name, queue.ConsumeOptions{})
	in.nothing(t)
	b.reopen(t)
	in = consume(t, b.q, b.name, queue.ConsumeOptions{})
	in.nothing(t)
	b.publish(t, "new")
	in.next(t, "new")
}

func retry(t *testing.T, b *bench) {
	b.publish(t, "a", "b")
	in := consume(t, b.q, b.name, queue.ConsumeOptions{})
	const delay = 300 * time.Millisecond
	start := time.Now()
	require.NoError(t, in.next(t, "a").Retry(t.Context(), delay))
	require.NoError(t, in.next(t, "b").Ack(t.Context()))
	b.publish(t, "c")
	require.NoError(t, in.next(t, "c").Ack(t.Context()))
	a := in.next(t, "a")
	require.GreaterOrEqual(t, time.Since(start), delay)
	require.True(t, a.Redelivered)
	require.Equal(t, "id-a", a.ID)
	require.NoError(t, a.Retry(t.Context(), time.Hour))
	in.stop(t)
	b.publish(t, "d")
	consume(t, b.q, b.name, queue.ConsumeOptions{}).all(t, "a", "d")
}

func retryCounts(t *testing.T, b *bench) {
	b.publish(t, "a", "b", "c")
	in := consume(t, b.q, b.name, queue.ConsumeOptions{Prefetch: 2})
	require.NoError(t, in.next(t, "a").Retry(t.Context(), time.Hour))
	second := in.next(t, "b")
	in.nothing(t)
	require.NoError(t, second.Ack(t.Context()))
	in.next(t, "c")
}

func dead(t *testing.T, b *bench) {
	body := []byte("not JSON \x00\xff")
	poison := queue.Message{ID: "p", Body: body, Headers: map[string]string{"x-from": "elsewhere"}}
	require.NoError(t, b.q.Publish(t.Context(), b.name, poison, msg("good")))
	in := consume(t, b.q, b.name, queue.ConsumeOptions{})
	require.NoError(t, in.next(t, string(body)).Dead(t.Context(), "not JSON: é\xff"))
	require.NoError(t, in.next(t, "good").Ack(t.Context()))
	in.stop(t)
	b.reopen(t)
	consume(t, b.q, b.name, queue.ConsumeOptions{}).nothing(t)
	letters, err := b.q.DeadLetters().List(t.Context(), b.name, 10)
	require.NoError(t, err)
	require.Len(t, letters, 1)
	require.Equal(t, poison, letters[0].Message)
	require.Equal(t, b.name, letters[0].Queue)
	require.Equal(t, "not JSON: é\uFFFD", letters[0].Reason)
	require.WithinDuration(t, time.Now(), letters[0].At, time.Minute)
}

func failover(t *testing.T, b *bench) {
	peer := b.Peer(t, b.q)
	first := consume(t, b.q, b.name, queue.ConsumeOptions{})
	b.publish(t, "a", "b", "c")
	held := first.all(t, "a", "b", "c")
	second := consume(t, peer, b.name, queue.ConsumeOptions{})
	second.nothing(t)
	require.NoError(t, held[0].Ack(t.Context()))
	b.publish(t, "d", "e", "f") // more than one: a broker that gives each its turn would give the second some
	first.all(t, "d", "e", "f")
	second.nothing(t)
	first.stop(t)
	second.all(t, "b", "c", "d", "e", "f")
	first.nothing(t)
}

func prefetch(t *testing.T, b *bench) {
	b.publish(t, numbered(0, 8)...)
	in := consume(t, b.q, b.name, queue.ConsumeOptions{Prefetch: 3})
	got := in.all(t, "m0", "m1", "m2")
	in.nothing(t)
	require.NoError(t, got[1].Ack(t.Context()))
	in.next(t, "m3")
	in.nothing(t)
	require.NoError(t, got[0].Dead(t.Context(), "why not"))
	in.next(t, "m4")
	in.nothing(t)
}

func bodies(t *testing.T, b *bench) {
	large := bytes.Repeat([]byte{0, 0xff, '"', '\n', 'a'}, 1<<20) // 5 MiB
	sent := []queue.Message{
		{ID: "empty", Body: []byte{}},
		{ID: "", Body: large, Headers: map[string]string{"k": "v", "leer": "", "ünï": "\"quoted\" 🙂"}},
	}
	require.NoError(t, b.q.Publish(t.Context(), b.name, sent...))
	in := consume(t, b.q, b.name, queue.ConsumeOptions{})
	for _, want := range sent {
		d := in.next(t, string(want.Body))
		require.Equal(t, want.ID, d.ID)
		require.Equal(t, want.Headers, d.Headers)
		require.NoError(t, d.Ack(t.Context()))
	}
}

func isolation(t *testing.T, b *bench) {
	b.publish(t, "mine")
	mine := consume(t, b.q, b.name, queue.ConsumeOptions{Prefetch: 1})
	d := mine.next(t, "mine")
	// A full prefetch of one queue holds up none of another.
	theirs := consume(t, b.q, b.other, queue.ConsumeOptions{Prefetch: 1})
	theirs.next(t, "neighbour")
	theirs.stop(t)
	require.NoError(t, d.Dead(t.Context(), "gone"))
	theirLetters, err := b.q.DeadLetters().List(t.Context(), b.other, 10)
	require.NoError(t, err)
	require.Empty(t, theirLetters)
	letters, err := b.q.DeadLetters().List(t.Context(), b.name, 10)
	require.NoError(t, err)
	require.ErrorIs(t, b.q.DeadLetters().Discard(t.Context(), b.other, letters[0].Key), queue.ErrNotFound)
}

func drain(t *testing.T, b *bench) {
	b.publish(t, "a", "b", "c")
	in := consume(t, b.q, b.name, queue.ConsumeOptions{Drain: patience})
	got := in.all(t, "a", "b", "c")
	require.NoError(t, got[2].Retry(t.Context(), time.Hour)) // given back, not waited for
	in.cancel()
	require.NoError(t, got[0].Ack(t.Context()))
	select {
	case err := <-in.result:
		require.FailNow(t, "didn't wait", "%v", err)
	case <-time.After(quiet):
	}
	require.NoError(t, got[1].Dead(t.Context(), "too late"))
	require.NoError(t, in.wait(t))
	in = consume(t, b.q, b.name, queue.ConsumeOptions{Drain: quiet})
	in.next(t, "c")
	start := time.Now()
	in.stop(t)
	require.GreaterOrEqual(t, time.Since(start), quiet)
	consume(t, b.q, b.name, queue.ConsumeOptions{}).next(t, "c")
}

func settledOnce(t *testing.T, b *bench) {
	b.publish(t, "a", "b", "c", "d")
	in := consume(t, b.q, b.name, queue.ConsumeOptions{})
	got := in.all(t, "a", "b", "c", "d")
	require.NoError(t, got[0].Ack(t.Context()))
	require.NoError(t, got[1].Dead(t.Context(), "bad"))
	require.NoError(t, got[2].Retry(t.Context(), 0))
	for _, d := range got[:3] {
		require.ErrorIs(t, d.Ack(t.Context()), queue.ErrSettled)
		require.ErrorIs(t, d.Dead(t.Context(), "bad"), queue.ErrSettled)
		require.ErrorIs(t, d.Retry(t.Context(), 0), queue.ErrSettled)
	}
	require.NoError(t, in.next(t, "c").Ack(t.Context()))
	n, err := b.q.DeadLetters().Count(t.Context(), b.name)
	require.NoError(t, err)
	require.Equal(t, 1, n)
}

func admin(t *testing.T, b *bench) {
	ctx, letters := t.Context(), b.q.DeadLetters()
	b.publish(t, "a", "b", "c")
	in := consume(t, b.q, b.name, queue.ConsumeOptions{})
	for _, d := range in.all(t, "a", "b", "c") {
		require.NoError(t, d.Dead(ctx, "because of "+string(d.Body)))
	}
	for range 2 { // looking changes nothing
		list, err := letters.List(ctx, b.name, 2)
		require.NoError(t, err)
		require.Len(t, list, 2)
		require.Equal(t, "because of a", list[0].Reason)
		require.Equal(t, "because of b", list[1].Reason)
	}
	none, err := letters.List(ctx, b.name, 0)
	require.NoError(t, err)
	require.Empty(t, none)
	list, err := letters.List(ctx, b.name, 100)
	require.NoError(t, err)
	require.Len(t, list, 3)

	require.NoError(t, letters.Republish(ctx, b.name, list[1].Key))
	again := in.next(t, "b")
	require.Equal(t, "id-b", again.ID)
	require.Empty(t, again.Headers)
	require.NoError(t, again.Ack(ctx))
	require.ErrorIs(t, letters.Republish(ctx, b.name, list[1].Key), queue.ErrNotFound)

	require.NoError(t, letters.Discard(ctx, b.name, list[0].Key))
	require.ErrorIs(t, letters.Discard(ctx, b.name, list[0].Key), queue.ErrNotFound)
	require.ErrorIs(t, letters.Discard(ctx, b.name, "no such key"), queue.ErrNotFound)
	count, err := letters.Count(ctx, b.name)
	require.NoError(t, err)
	require.Equal(t, 1, count)
	in.nothing(t)

	require.NoError(t, letters.Put(ctx, b.name, msg("put"), "came to nothing"))
	list, err = letters.List(ctx, b.name, 100)
	require.NoError(t, err)
	require.Len(t, list, 2)
	require.Equal(t, "came to nothing", list[1].Reason)
	require.Equal(t, "put", string(list[1].Body))
	require.Equal(t, "id-put", list[1].ID)
	require.False(t, list[1].At.IsZero())
	require.NoError(t, letters.Republish(ctx, b.name, list[1].Key))
	require.NoError(t, in.next(t, "put").Ack(ctx))
}

func lost(t *testing.T, b *bench) {
	b.publish(t, "a", "b", "c")
	in := consume(t, b.q, b.name, queue.ConsumeOptions{})
	got := in.all(t, "a", "b", "c")
	handlerCtx := <-in.contexts
	require.NoError(t, handlerCtx.Err())
	b.reopen(t)
	require.ErrorIs(t, in.wait(t), queue.ErrClosed)
	require.Error(t, handlerCtx.Err())
	require.ErrorIs(t, got[0].Ack(t.Context()), queue.ErrLost)
	require.ErrorIs(t, got[1].Dead(t.Context(), "x"), queue.ErrLost)
	require.ErrorIs(t, got[2].Retry(t.Context(), 0), queue.ErrLost)
	consume(t, b.q, b.name, queue.ConsumeOptions{}).all(t, "a", "b", "c")
}

func oneAtATime(t *testing.T, b *bench) {
	var calls, most atomic.Int64
	done := make(chan struct{}, 1000)
	handler := queue.HandlerFunc(func(ctx context.Context, d *queue.Delivery) {
		most.Store(max(most.Load(), calls.Add(1)))
		defer calls.Add(-1)
		if d.Redelivered {
			if err := d.Ack(ctx); err == nil {
				done <- struct{}{}
			}
			return
		}
		go func() { _ = d.Retry(ctx, time.Millisecond) }()
	})
	ctx, cancel := context.WithCancel(t.Context())
	result := make(chan error, 1)
	go func() { result <- b.q.Consume(ctx, b.name, queue.ConsumeOptions{}, handler) }()
	b.publish(t, numbered(0, 100)...)
	for range 100 {
		select {
		case <-done:
		case <-time.After(patience):
			require.FailNow(t, "not all came again")
		}
	}
	cancel()
	require.NoError(t, <-result)
	require.EqualValues(t, 1, most.Load())
}

func closed(t *testing.T, b *bench) {
	require.NoError(t, b.q.Close())
	require.NoError(t, b.q.Close())
	ctx := t.Context()
	require.ErrorIs(t, b.q.Publish(ctx, b.name, msg("x")), queue.ErrClosed)
	require.ErrorIs(t, b.q.Declare(ctx, b.name), queue.ErrClosed)
	require.ErrorIs(t, b.q.Consume(ctx, b.name, queue.ConsumeOptions{}, queue.HandlerFunc(nil)), queue.ErrClosed)
	require.ErrorIs(t, b.q.DeadLetters().Discard(ctx, b.name, "1"), queue.ErrClosed)
	_, err := b.q.DeadLetters().Count(ctx, b.name)
	require.ErrorIs(t, err, queue.ErrClosed)
	_, err = b.q.DeadLetters().List(ctx, b.name, 1)
	require.ErrorIs(t, err, queue.ErrClosed)
	require.False(t, b.q.State().Connected)
}

func state(t *testing.T, b *bench) {
	require.Eventually(t, func() bool { return b.q.State().Connected }, patience, 5*time.Millisecond)
	s := b.q.State()
	require.True(t, s.Declared)
	require.Empty(t, s.Err)
	require.Empty(t, s.Consuming)
	require.WithinDuration(t, time.Now(), s.Since, time.Minute)
	in := consume(t, b.q, b.name, queue.ConsumeOptions{})
	require.Eventually(t, func() bool { return b.q.State().Consuming[b.name] }, patience, 5*time.Millisecond)
	waiting := b.Peer(t, b.q)
	if waiting != b.q {
		consume(t, waiting, b.name, queue.ConsumeOptions{})
		require.Eventually(t, func() bool {
			active, known := waiting.State().Consuming[b.name]
			return known && !active && waiting.State().Err == ""
		}, patience, 5*time.Millisecond)
	}
	in.stop(t)
	if _, known := b.q.State().Consuming[b.name]; known {
		t.Error(errors.New("a consumer that has ended is still shown"))
	}
}

func waiting(t *testing.T, b *bench) {
	count := func(want int) {
		t.Helper()
		require.EventuallyWithT(t, func(c *assert.CollectT) { // a broker counts what it has confirmed, soon
			n, err := b.q.Waiting(t.Context(), b.name)
			require.NoError(c, err)
			require.Equal(c, want, n)
		}, patience, 20*time.Millisecond)
	}
	count(0)
	b.publish(t, numbered(0, 5)...)
	count(5)
	in := consume(t, b.q, b.name, queue.ConsumeOptions{Prefetch: 2})
	got := in.all(t, "m0", "m1")
	count(3)
	require.NoError(t, got[0].Ack(t.Context()))
	in.next(t, "m2")
	count(2)
}
