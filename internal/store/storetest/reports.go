package storetest

import (
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
	"github.com/stretchr/testify/require"
)

var reportCases = []testCase{
	{"STORE-28 parked reports are taken once, in order of arrival", reportsTaken},
	{"STORE-28 the same wamid and status is parked once", reportParkedOnce},
	{"STORE-29 old reports are listed, oldest first, and dropped", oldReports},
}

func (b *bench) park(at portal.Time, reports ...store.Report) {
	b.t.Helper()
	b.acme.update(func(tx store.Tx) {
		for _, r := range reports {
			b.ok(tx.ParkReport(b.ctx, r, at))
		}
	})
}

func (b *bench) take(wamid string) (reports []store.Report) {
	b.t.Helper()
	b.acme.update(func(tx store.Tx) {
		var err error
		reports, err = tx.TakeReports(b.ctx, wamid)
		b.ok(err)
	})
	return reports
}

func reportsTaken(b *bench) {
	read := store.Report{WAMID: "w", Status: portal.StatusRead, At: start, Queue: "STATUS", Body: []byte("\xff raw \x00")}
	failed := store.Report{WAMID: "w", Status: portal.StatusFailed, At: after(start, time.Millisecond), Queue: "STATUS", Body: []byte(odd),
		Error: &portal.MessageError{Code: "1", Message: odd}}
	b.park(start, read, store.Report{WAMID: "x", Status: portal.StatusRead, At: start, Body: []byte{}}, failed)
	require.Equal(b.t, []store.Report{read, failed}, b.take("w"))
	require.Empty(b.t, b.take("w"))
	require.Len(b.t, b.take("x"), 1)
}

func reportParkedOnce(b *bench) {
	first := store.Report{WAMID: "w", Status: portal.StatusRead, At: start, Body: []byte("1")}
	second := first
	second.Body, second.At = []byte("2"), after(start, time.Second)
	b.park(start, first, second)
	b.park(start, second)
	require.Equal(b.t, []store.Report{first}, b.take("w"))
}

func oldReports(b *bench) {
	at := func(m int) portal.Time { return after(start, -time.Duration(m)*time.Hour) }
	for m, wamid := range []string{"now", "w1", "w2", "w3"} {
		b.park(at(m), store.Report{WAMID: wamid, Status: portal.StatusSent, At: start, Queue: "Q", Body: []byte(wamid)})
	}
	old, err := b.s.ParkedBefore(b.ctx, at(0).Std(), 2)
	b.ok(err)
	require.Len(b.t, old, 2)
	require.Equal(b.t, "w3", old[0].Report.WAMID)
	require.Equal(b.t, "acme", old[0].TenantID)
	require.Equal(b.t, []byte("w3"), old[0].Report.Body)
	b.ok(b.s.DropParked(b.ctx, old[0].ID))
	b.ok(b.s.DropParked(b.ctx, old[0].ID))
	old, err = b.s.ParkedBefore(b.ctx, at(0).Std(), 10)
	b.ok(err)
	require.Len(b.t, old, 2)
	require.Equal(b.t, []string{"w2", "w1"}, []string{old[0].Report.WAMID, old[1].Report.WAMID})
	require.Empty(b.t, b.take("w3"))
}
