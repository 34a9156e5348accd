package bridge

import (
	"errors"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
	"github.com/stretchr/testify/require"
)

var errForNow = portal.Errorf(portal.Internal, "for now")

func TestCommit(t *testing.T) {
	t.Run("BR-7 acknowledged after the commit", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			commit := make(chan struct{})
			b.desk.with(func(d *fakeDesk) { d.commit = commit })
			b.inbound("w1", "111")
			require.Empty(t, b.queue.take())
			close(commit)
			require.Equal(t, []string{"ack w1"}, b.queue.take())
		})
	})
	t.Run("BR-8 alone at once, together what waits", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			began := time.Now()
			b.inbound("w0", "111")
			require.Equal(t, [][]string{{"w0"}}, b.desk.take())
			commit := make(chan struct{})
			b.desk.with(func(d *fakeDesk) { d.commit = commit })
			b.inbound("w1", "111")
			synctest.Wait() // w1's commit is under way
			for _, wamid := range []string{"w2", "w3", "w4"} {
				b.inbound(wamid, "22"+wamid[1:])
			}
			b.queue.publish(DefaultInboundQueue, "g1", with(t, inboundExample, map[string]any{"wamid": "g1", "tenantId": "globex", "phone_number_id": nil}))
			synctest.Wait()
			close(commit)
			require.ElementsMatch(t, [][]string{{"w1"}, {"g1"}, {"w2", "w3", "w4"}}, b.desk.take())
			require.Zero(t, time.Since(began), "no added delay")
			require.Len(t, b.queue.take(), 6)
		})
	})
	t.Run("BR-8 the batch has a bound", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			commit := make(chan struct{})
			b.desk.with(func(d *fakeDesk) { d.commit = commit })
			for i := range 600 {
				b.inbound("w"+strconv.Itoa(i), "111")
			}
			synctest.Wait()
			close(commit)
			next := 0
			for _, batch := range b.desk.take() {
				require.LessOrEqual(t, len(batch), maxBatch)
				for _, wamid := range batch {
					require.Equal(t, "w"+strconv.Itoa(next), wamid, "in queue order")
					next++
				}
			}
			require.Equal(t, 600, next)
		})
	})
}

func TestRetry(t *testing.T) {
	t.Run("BR-9 back-off that holds up its own contact only", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.desk.with(func(d *fakeDesk) { d.fail["w1"] = errForNow })
			b.inbound("w1", "111")
			b.inbound("w2", "111")
			b.inbound("w3", "222")
			require.Equal(t, []string{"ack w3"}, b.queue.take())
			for _, wait := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
				b.desk.with(func(d *fakeDesk) { d.asked = nil })
				time.Sleep(time.Duration(wait)*time.Second - time.Nanosecond)
				synctest.Wait()
				b.desk.with(func(d *fakeDesk) { require.Empty(t, d.asked, "%d s", wait) })
				time.Sleep(time.Nanosecond)
				synctest.Wait()
				b.desk.with(func(d *fakeDesk) { require.Len(t, d.asked, 1, "%d s", wait) })
			}
			b.inbound("w4", "111")
			b.inbound("w5", "333")
			require.Equal(t, []string{"ack w5"}, b.queue.take())
			b.desk.with(func(d *fakeDesk) { delete(d.fail, "w1") })
			time.Sleep(time.Minute)
			require.Equal(t, []string{"ack w1", "ack w2", "ack w4"}, b.queue.take())
		})
	})
	t.Run("BR-9 the back-off starts anew after a success", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.desk.with(func(d *fakeDesk) { d.fail["w1"] = errForNow })
			b.inbound("w1", "111")
			time.Sleep(20 * time.Second)
			b.desk.with(func(d *fakeDesk) { delete(d.fail, "w1"); d.fail["w2"] = errForNow })
			time.Sleep(20 * time.Second)
			require.Equal(t, []string{"ack w1"}, b.queue.take())
			b.inbound("w2", "111")
			synctest.Wait()
			b.desk.with(func(d *fakeDesk) { delete(d.fail, "w2") })
			time.Sleep(time.Second)
			require.Equal(t, []string{"ack w2"}, b.queue.take())
		})
	})
	t.Run("BR-9 reports hold up their own message only", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.desk.with(func(d *fakeDesk) { d.fail["w1"] = errForNow })
			b.report("r1", "w1", "delivered")
			b.report("r2", "w2", "delivered")
			b.report("r3", "w1", "read")
			require.Equal(t, []string{"ack r2"}, b.queue.take())
			b.desk.with(func(d *fakeDesk) { delete(d.fail, "w1") })
			time.Sleep(time.Second)
			require.Equal(t, []string{"ack r1", "ack r3"}, b.queue.take())
		})
	})
	t.Run("BR-10 while the database is away nothing is taken", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.inbound("w0", "111")
			require.Equal(t, []string{"ack w0"}, b.queue.take())
			b.desk.with(func(d *fakeDesk) { d.away = true })
			for i := 1; i <= 20; i++ {
				b.inbound("w"+strconv.Itoa(i), "111")
			}
			time.Sleep(time.Hour)
			require.Empty(t, b.queue.take())
			b.queue.mu.Lock()
			require.Equal(t, 2, b.queue.handed, "the next is not taken before the database has answered")
			b.queue.mu.Unlock()
			b.desk.with(func(d *fakeDesk) { d.away = false })
			time.Sleep(time.Second)
			var want []string
			for i := 1; i <= 20; i++ {
				want = append(want, "ack w"+strconv.Itoa(i))
			}
			require.Equal(t, want, b.queue.take())
		})
	})
	t.Run("BR-10 nor while it answers but nothing can be committed; poison is told all the same", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			full := errors.New("the disk is full")
			b.trouble.Store(&full)
			b.queue.publish(DefaultInboundQueue, "bad", []byte("{"))
			for i := 1; i <= 5; i++ {
				b.inbound("w"+strconv.Itoa(i), "111")
			}
			time.Sleep(time.Hour)
			require.Equal(t, []string{"dead bad: not JSON"}, b.queue.take())
			b.queue.mu.Lock()
			require.Equal(t, 2, b.queue.handed)
			b.queue.mu.Unlock()
			require.Empty(t, b.desk.take(), "nothing is tried in vain")
			b.trouble.Store(nil)
			time.Sleep(time.Second)
			require.Equal(t, []string{"ack w1", "ack w2", "ack w3", "ack w4", "ack w5"}, b.queue.take())
		})
	})
	t.Run("BR-10 a database that goes away during commits is asked every second", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			commit := make(chan struct{})
			b.desk.with(func(d *fakeDesk) { d.commit = commit })
			b.inbound("w1", "111")
			b.inbound("w2", "222")
			synctest.Wait()
			b.desk.with(func(d *fakeDesk) { d.away, d.asked = true, nil })
			close(commit)
			time.Sleep(10*time.Second + time.Millisecond)
			b.desk.with(func(d *fakeDesk) {
				require.InDelta(t, 10, len(d.asked), 1)
				d.away = false
			})
			time.Sleep(time.Second)
			require.Equal(t, []string{"ack w1", "ack w2"}, b.queue.take())
		})
	})
}

func TestDeadLetters(t *testing.T) {
	t.Run("BR-11 hold up nothing", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.desk.with(func(d *fakeDesk) { d.fail["w2"] = portal.Errorf(portal.Invalid, "for good") })
			b.queue.publish(DefaultInboundQueue, "bad", []byte("{"))
			b.inbound("w1", "111")
			b.inbound("w2", "111")
			b.inbound("w3", "111")
			require.ElementsMatch(t, []string{"dead bad: not JSON", "ack w1", "dead w2: for good", "ack w3"}, b.queue.take())
			require.Equal(t, 2, b.dead)
		})
	})
	t.Run("BR-11 not even while they can't be stored", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.queue.with(func(q *fakeQueue) { q.deadFails = true })
			b.queue.publish(DefaultInboundQueue, "bad", []byte("{"))
			b.inbound("w1", "111")
			require.Equal(t, []string{"ack w1"}, b.queue.take())
			time.Sleep(time.Minute)
			b.queue.with(func(q *fakeQueue) { q.deadFails = false })
			time.Sleep(time.Second)
			require.Equal(t, []string{"dead bad: not JSON"}, b.queue.take())
		})
	})
	t.Run("BR-12 no such tenant", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.queue.publish(DefaultInboundQueue, "x", with(t, inboundExample, map[string]any{"tenantId": "nobody"}))
			b.queue.publish(DefaultStatusQueue, "y", with(t, reportExample, map[string]any{"tenantId": "nobody", "status": "new one"}))
			require.ElementsMatch(t, []string{"dead x: no such tenant", "dead y: no such tenant"}, b.queue.take())
		})
	})
	t.Run("BR-13 unknown statuses", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.report("r1", "w1", "deleted")
			require.Equal(t, []string{"ack r1"}, b.queue.take())
			require.Empty(t, b.desk.take())
			require.Equal(t, 1, b.unknown)
		})
	})
	t.Run("BR-16 reports that were parked too long", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			parked := desk.ParkedReport{ID: 7, TenantID: "acme", Report: desk.Report{Queue: "OLD_QUEUE", Body: []byte(reportExample)}}
			letters := func() int { b.queue.mu.Lock(); defer b.queue.mu.Unlock(); return len(b.queue.letters) }
			b.queue.with(func(q *fakeQueue) { q.deadFails = true })
			b.desk.with(func(d *fakeDesk) { d.expired = []desk.ParkedReport{parked} })
			time.Sleep(time.Hour)
			require.Zero(t, letters())
			b.desk.with(func(d *fakeDesk) { require.Len(t, d.expired, 1, "not dropped before the letter is stored") })
			b.queue.with(func(q *fakeQueue) { q.deadFails = false })
			time.Sleep(time.Minute)
			synctest.Wait()
			require.Equal(t, 1, letters())
			require.Equal(t, "OLD_QUEUE", b.queue.letters[0].Queue)
			require.Equal(t, reportExample, string(b.queue.letters[0].Body))
			require.NotEmpty(t, b.queue.letters[0].Reason)
			b.desk.with(func(d *fakeDesk) { require.Empty(t, d.expired) })
		})
	})
	t.Run("BR-16 not by a node that doesn't consume", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.queue.with(func(q *fakeQueue) { q.consuming = false })
			b.desk.with(func(d *fakeDesk) { d.expired = []desk.ParkedReport{{ID: 7}} })
			time.Sleep(time.Hour)
			b.queue.with(func(q *fakeQueue) { require.Empty(t, q.letters) })
		})
	})
}

func TestBreaks(t *testing.T) {
	t.Run("BR-14 what comes again keeps its order and has one effect", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.desk.with(func(d *fakeDesk) { d.fail["w1"] = errForNow })
			b.inbound("w1", "111")
			b.inbound("w2", "111")
			require.Empty(t, b.queue.take())
			b.queue.cut()
			synctest.Wait()
			b.desk.with(func(d *fakeDesk) { delete(d.fail, "w1") })
			time.Sleep(2 * time.Second)
			require.Equal(t, []string{"ack w1", "ack w2"}, b.queue.take())
			require.Equal(t, [][]string{{"w1", "w2"}}, b.desk.take())
		})
	})
	t.Run("BR-14 a commit that couldn't be acknowledged", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			commit := make(chan struct{})
			b.desk.with(func(d *fakeDesk) { d.commit = commit })
			b.inbound("w1", "111")
			synctest.Wait()
			b.queue.cut()
			synctest.Wait()
			close(commit)
			require.Equal(t, []string{"ack w1"}, b.queue.take(), "of the second delivery")
			require.Equal(t, [][]string{{"w1"}, {"w1"}}, b.desk.take(), "the desk knows the wamid")
		})
	})
	t.Run("BR-15 stopping", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.desk.with(func(d *fakeDesk) { d.fail["w1"] = errForNow })
			b.inbound("w1", "111")
			synctest.Wait()
			commit := make(chan struct{})
			b.desk.with(func(d *fakeDesk) { d.commit = commit })
			b.inbound("w2", "222")
			synctest.Wait()
			began := time.Now()
			go func() {
				time.Sleep(100 * time.Millisecond)
				close(commit)
			}()
			b.stop()
			require.Equal(t, []string{"ack w2"}, b.queue.take())
			require.Less(t, time.Since(began), time.Second)
			require.Len(t, b.queue.unsettled[DefaultInboundQueue], 1, "w1 is given back")
		})
	})
	t.Run("BR-15 stopping while the database is away", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.desk.with(func(d *fakeDesk) { d.away = true })
			b.inbound("w1", "111")
			synctest.Wait()
			began := time.Now()
			b.stop()
			require.Less(t, time.Since(began), time.Second)
			require.Empty(t, b.queue.take())
		})
	})
	t.Run("BR-17 queues that can't be made for now", func(t *testing.T) {
		bubble(t, func(t *testing.T, b *bench) {
			b.queue.with(func(q *fakeQueue) { q.declareErr = errForNow })
			// The bridge that runs may have declared already: another one is told to wait.
			other := New(Config{Queue: b.queue, Desk: b.desk})
			declared := make(chan bool, 1)
			go func() { declared <- other.declare(t.Context()) }()
			time.Sleep(time.Minute)
			require.Empty(t, declared)
			b.queue.with(func(q *fakeQueue) { q.declareErr = nil })
			time.Sleep(lastDeclareWait)
			require.True(t, <-declared)
		})
	})
}
