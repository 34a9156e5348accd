package live_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// agent behaves as the official client does over breaks: it keeps the recovery
// id of the last CONNECT answer and the offset of the last event, and sends both
// whenever it comes back.
type agent struct {
	t     *testing.T
	b     *bench
	token string
	how   string // the transport's name

	pid, offset string
	refused     int   // answers to a known pid that recovered nothing
	ready       int64 // seq of the last session:ready
	readies     int
	heard       []event  // durable events, in the order in which they came
	packets     []string // the newest that came, for whoever has to find out

	wire  *wire
	conn  transport
	queue []string
	acks  int
}

func newAgent(b *bench, how, token string) *agent {
	a := &agent{t: b.t, b: b, token: token, how: how}
	b.t.Cleanup(a.hangUp)
	return a
}

// hangUp leaves the network without a word.
func (a *agent) hangUp() {
	if a.wire == nil {
		return
	}
	a.wire.close()
	if u, ok := a.conn.(*upgrading); ok {
		for range u.in {
		}
	}
	if p, ok := a.conn.(*polling); ok {
		p.http.CloseIdleConnections()
	}
	a.conn, a.queue = nil, nil
}

// connect opens a transport that is cut after so many bytes down or up
// (negative: never) and reads up to session:ready.
func (a *agent) connect(down, up int) error {
	a.hangUp()
	a.wire = newWire(down, up)
	var err error
	if a.conn, err = dialTransport(a.wire, a.b.url, a.how); err != nil {
		return err
	}
	ask := map[string]string{"token": a.token}
	if a.pid != "" {
		ask["pid"] = a.pid
		if a.offset != "" {
			ask["offset"] = a.offset
		}
	}
	raw, err := json.Marshal(ask)
	require.NoError(a.t, err)
	if err := a.conn.send("40" + string(raw)); err != nil {
		return err
	}
	want := a.readies + 1
	for a.readies < want {
		if _, err := a.next(); err != nil {
			return err
		}
	}
	return nil
}

// mustConnect is a connect that nothing cuts. One that was cut before may still
// be on its way inside the server and take the session over after this one,
// whose transport is closed for that, and for nothing else: the client comes back
// once more, as it does after every close of a transport.
func (a *agent) mustConnect() {
	a.t.Helper()
	takenOver := func() int64 { return a.b.live.Stats().Ended["taken over"] }
	for {
		before := takenOver()
		err := a.connect(-1, -1)
		if !errors.Is(err, errCut) {
			require.NoError(a.t, err)
			return
		}
		require.Eventually(a.t, func() bool { return takenOver() > before }, patience, time.Millisecond, "closed, and not for being taken over: %v", a.b.live.Stats().Ended)
	}
}

// stamp is the time in the stories of tests that failed.
func stamp() string { return time.Now().Format("05.000000") }

// next takes in one packet.
func (a *agent) next() (string, error) {
	for len(a.queue) == 0 {
		packets, err := a.conn.receive()
		if err != nil {
			return "", err
		}
		a.queue = packets
	}
	packet := a.queue[0]
	a.queue = a.queue[1:]
	const kept = 100
	a.packets = append(a.packets[max(0, len(a.packets)-kept+1):], fmt.Sprintf("%s %.200s", stamp(), packet))
	switch {
	case packet == "2":
		return packet, a.conn.send("3")
	case packet == "1":
		return packet, errCut
	case strings.HasPrefix(packet, "40"):
		a.connected(packet[2:])
	case strings.HasPrefix(packet, "42"):
		a.event(packet[1:])
	case strings.HasPrefix(packet, "44"), strings.HasPrefix(packet, "41"):
		return packet, fmt.Errorf("refused: %s", packet)
	}
	return packet, nil
}

func (a *agent) connected(answer string) {
	var ids struct{ SID, PID string }
	require.NoError(a.t, json.Unmarshal([]byte(answer), &ids))
	if a.pid != "" && ids.PID != a.pid {
		a.refused++
	}
	a.pid = ids.PID
}

func (a *agent) event(packet string) {
	e := event{Packet: packet}
	var args []json.RawMessage
	require.NoError(a.t, json.Unmarshal([]byte(packet[1:]), &args))
	require.NoError(a.t, json.Unmarshal(args[0], &e.Name))
	require.NoError(a.t, json.Unmarshal(args[1], &e.Body))
	e.Args = args[1:]
	if offset := e.offset(); offset != "" {
		a.offset = offset
	}
	if e.Name == "session:ready" {
		a.ready = e.Body.Seq
		a.readies++
		return
	}
	a.heard = append(a.heard, e)
}

// call sends an event and waits for its acknowledgement.
func (a *agent) call(name string, body any) (ack, error) {
	raw, err := json.Marshal([]any{name, body})
	require.NoError(a.t, err)
	a.acks++
	id := strconv.Itoa(a.acks)
	if err := a.conn.send("42" + id + string(raw)); err != nil {
		return ack{}, err
	}
	for {
		packet, err := a.next()
		if err != nil {
			return ack{}, err
		}
		if rest, ok := strings.CutPrefix(packet, "43"+id+"["); ok {
			var answer ack
			require.NoError(a.t, json.Unmarshal([]byte(strings.TrimSuffix(rest, "]")), &answer))
			return answer, nil
		}
	}
}

// mustCall is a call that nothing cuts and that is granted.
func (a *agent) mustCall(name string, body any) ack {
	a.t.Helper()
	answer, err := a.call(name, body)
	require.NoError(a.t, err)
	require.True(a.t, answer.OK, "%s: %v", name, answer.Error)
	return answer
}

// catchUp reads until everything up to the log's end has been sent.
func (a *agent) catchUp(seq int64) {
	a.t.Helper()
	for a.mustCall("session:ping", map[string]any{}).Seq < seq {
	}
}
