package queue

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a Settlement whose answers a test writes.
type script struct{ err error }

func (s *script) Ack(context.Context) error          { return s.err }
func (s *script) Dead(context.Context, string) error { return s.err }

// bubble runs a session whose deliveries go to a channel.
func bubble(t *testing.T, do func(t *testing.T, s *Session, got <-chan *Delivery)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		got := make(chan *Delivery, 100)
		s := NewSession(t.Context(), HandlerFunc(func(_ context.Context, d *Delivery) { got <- d }))
		defer s.End()
		do(t, s, got)
	})
}

func TestSession(t *testing.T) {
	t.Run("Q-12 a settlement that failed can be tried again, a lost one is over", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *Session, got <-chan *Delivery) {
			how := &script{err: errors.New("away")}
			s.Hand("q", Message{}, false, how)
			d := <-got
			require.EqualError(t, d.Ack(t.Context()), "away")
			require.EqualError(t, d.Dead(t.Context(), "x"), "away")
			require.Equal(t, 1, s.Unsettled())
			how.err = nil
			require.NoError(t, d.Ack(t.Context()))
			require.Zero(t, s.Unsettled())
			require.ErrorIs(t, d.Ack(t.Context()), ErrSettled)

			s.Hand("q", Message{}, false, &script{err: ErrLost})
			d = <-got
			require.ErrorIs(t, d.Ack(t.Context()), ErrLost)
			require.ErrorIs(t, d.Ack(t.Context()), ErrSettled)
		})
	})
	t.Run("Q-5 a retry is handed out at its time, as often as it is asked for", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *Session, got <-chan *Delivery) {
			start := time.Now()
			s.Hand("q", Message{ID: "m"}, false, &script{})
			for range 3 {
				require.NoError(t, (<-got).Retry(t.Context(), time.Minute))
				require.Equal(t, 1, s.Unsettled())
			}
			d := <-got
			require.Equal(t, 3*time.Minute, time.Since(start))
			require.True(t, d.Redelivered)
			require.NoError(t, d.Retry(t.Context(), -time.Minute)) // at once
			require.NoError(t, (<-got).Ack(t.Context()))
		})
	})
	t.Run("Q-11 a drain ends when nothing is held, when its time is over, or with the session", func(t *testing.T) {
		for name, row := range map[string]struct {
			settle, end time.Duration
			want        time.Duration
		}{
			"settled": {settle: time.Second, end: time.Hour, want: time.Second},
			"time":    {settle: time.Hour, end: time.Hour, want: 5 * time.Second},
			"ended":   {settle: time.Hour, end: 2 * time.Second, want: 2 * time.Second},
		} {
			t.Run(name, func(t *testing.T) {
				bubble(t, func(t *testing.T, s *Session, got <-chan *Delivery) {
					s.Hand("q", Message{}, false, &script{})
					d := <-got
					settle := time.AfterFunc(row.settle, func() { _ = d.Ack(context.Background()) })
					end := time.AfterFunc(row.end, s.End)
					start := time.Now()
					s.Drain(5 * time.Second)
					require.Equal(t, row.want, time.Since(start))
					settle.Stop()
					end.Stop()
				})
			})
		}
	})
	t.Run("Q-11 while draining nothing is handed out, and a retry gives back", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *Session, got <-chan *Delivery) {
			s.Hand("q", Message{}, false, &script{})
			s.Hand("q", Message{}, false, &script{})
			require.NoError(t, (<-got).Retry(t.Context(), time.Second))
			d := <-got
			time.AfterFunc(2*time.Second, func() { _ = d.Retry(context.Background(), 0) })
			start := time.Now()
			s.Drain(time.Hour)
			require.Equal(t, 2*time.Second, time.Since(start))
			s.Hand("q", Message{}, false, &script{})
			synctest.Wait()
			require.Empty(t, got)
		})
	})
	t.Run("Q-14 after the end nothing can be settled", func(t *testing.T) {
		bubble(t, func(t *testing.T, s *Session, got <-chan *Delivery) {
			s.Hand("q", Message{}, false, &script{})
			d := <-got
			require.NoError(t, s.Context().Err())
			s.End()
			s.End()
			require.Error(t, s.Context().Err())
			require.ErrorIs(t, d.Retry(t.Context(), 0), ErrLost)
		})
	})
}

func TestDefaults(t *testing.T) {
	require.Equal(t, ConsumeOptions{Prefetch: DefaultPrefetch, Drain: DefaultDrain}, ConsumeOptions{}.WithDefaults())
	require.Equal(t, ConsumeOptions{Prefetch: 1, Drain: -1}, ConsumeOptions{Prefetch: 1, Drain: -1}.WithDefaults())
}
