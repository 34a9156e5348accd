package live_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/bodies"
)

// patience bounds how long a test waits for what must come.
const patience = 20 * time.Second

// peer is a Socket.IO client that polls. It reads only when the test asks for
// more.
type peer struct {
	t       *testing.T
	url     string
	http    *http.Client
	waiting []string // packets that came
	acks    int
	over    bool // the transport has ended

	sid, pid string // of the CONNECT answer
	offset   string // as the official client keeps it
}

// event is what came: an event, or another packet by its type alone.
type event struct {
	Packet string
	Name   string
	Body   struct {
		Seq            int64  `json:"seq"`
		ConversationID string `json:"conversationId"`
		TenantID       string `json:"tenantId"`
		User           ownUser
	}
	Args []json.RawMessage
}

// dial opens the transport; status is the handshake's.
func dial(t *testing.T, base string) (p *peer, status int) {
	t.Helper()
	p = &peer{t: t, url: base + "/socket.io/?EIO=4&transport=polling", http: &http.Client{Transport: &http.Transport{}}}
	t.Cleanup(p.http.CloseIdleConnections)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	status, body := p.do(ctx, http.MethodGet, "")
	if status != http.StatusOK {
		return p, status
	}
	var open struct{ SID string }
	require.NoError(t, json.Unmarshal([]byte(body[1:]), &open))
	p.url += "&sid=" + open.SID
	return p, status
}

func (p *peer) do(ctx context.Context, method, body string) (status int, answer string) {
	req, err := http.NewRequestWithContext(ctx, method, p.url, bytes.NewBufferString(body))
	require.NoError(p.t, err)
	resp, err := p.http.Do(req)
	require.NoError(p.t, err)
	defer func() { _ = resp.Body.Close() }()
	raw, err := io.ReadAll(resp.Body)
	require.NoError(p.t, err)
	return resp.StatusCode, string(raw)
}

// post sends Engine.IO packets.
func (p *peer) post(packets ...string) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	p.do(ctx, http.MethodPost, strings.Join(packets, "\x1e"))
}

// next is the next Socket.IO packet; false: the transport has ended.
func (p *peer) next() (packet string, ok bool) {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	for {
		for len(p.waiting) > 0 {
			packet, p.waiting = p.waiting[0], p.waiting[1:]
			switch packet[0] {
			case '4':
				return packet[1:], true
			case '2':
				p.post("3")
			case '1':
				p.over = true
			}
		}
		if p.over {
			return "", false
		}
		status, body := p.do(ctx, http.MethodGet, "")
		if status != http.StatusOK {
			p.over = true
			return "", false
		}
		p.waiting = strings.Split(body, "\x1e")
	}
}

// event reads the next packet and keeps the offset as the official client does.
func (p *peer) event() event {
	p.t.Helper()
	packet, ok := p.next()
	if !ok {
		return event{Packet: "closed"}
	}
	e := event{Packet: packet}
	if packet[0] != '2' {
		return e
	}
	var args []json.RawMessage
	require.NoError(p.t, json.Unmarshal([]byte(packet[1:]), &args))
	require.NoError(p.t, json.Unmarshal(args[0], &e.Name))
	require.NoError(p.t, json.Unmarshal(args[1], &e.Body))
	e.Args = args[1:]
	p.documented(e.Name, args[1])
	if offset := e.offset(); offset != "" {
		p.offset = offset
	}
	return e
}

// documented holds what live writes itself to the types that the AsyncAPI document is made from (LIVE-41): there is no
// member that they don't name. The durable events' bodies are the desk's.
func (p *peer) documented(name string, body json.RawMessage) {
	p.t.Helper()
	into := map[string]any{"ack": &bodies.Ack{}, "session:ready": &bodies.Ready{}, "typing:start": &bodies.Typing{}, "typing:stop": &bodies.Typing{}}[name]
	if into == nil {
		return
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	require.NoError(p.t, d.Decode(into), "%s %s", name, body)
}

// offset is the string that ends the event; empty: none.
func (e event) offset() (offset string) {
	_ = json.Unmarshal(e.Args[len(e.Args)-1], &offset) // an object is none
	return offset
}

// connect sends CONNECT and returns the answer, "closed" for none.
func (p *peer) connect(auth map[string]any) string {
	p.t.Helper()
	raw, err := json.Marshal(auth)
	require.NoError(p.t, err)
	p.post("40" + string(raw))
	answer, ok := p.next()
	if !ok {
		return "closed"
	}
	if answer[0] == '0' {
		var ids struct{ SID, PID string }
		require.NoError(p.t, json.Unmarshal([]byte(answer[1:]), &ids))
		p.sid, p.pid = ids.SID, ids.PID
	}
	return answer
}

// until collects events up to one of the name, that one included.
func (p *peer) until(name string) (events []event) {
	p.t.Helper()
	for {
		e := p.event()
		require.NotEqual(p.t, "closed", e.Packet, "before %s", name)
		events = append(events, e)
		if e.Name == name {
			return events
		}
	}
}

type ack struct {
	OK        bool
	Seq       int64
	ExpiresAt time.Time
	Error     struct {
		Code, Message string
		Seq           int64
	}
}

// call sends an event and returns its acknowledgement and what came before it.
func (p *peer) call(name string, body any) (a ack, before []event) {
	p.t.Helper()
	raw, before := p.ask(name, body)
	require.NoError(p.t, json.Unmarshal(raw, &a))
	return a, before
}

// ask is call with the acknowledgement as it came; the packets ahead go out in the same request.
func (p *peer) ask(name string, body any, ahead ...string) (answer json.RawMessage, before []event) {
	p.t.Helper()
	raw, err := json.Marshal(body)
	require.NoError(p.t, err)
	return p.askRaw(name, string(raw), ahead...)
}

// askRaw is ask with JSON that Go wouldn't write; the name may hold escapes.
func (p *peer) askRaw(name, body string, ahead ...string) (answer json.RawMessage, before []event) {
	p.t.Helper()
	p.acks++
	id := strconv.Itoa(p.acks)
	p.post(append(ahead, "42"+id+`["`+name+`",`+body+"]")...)
	for {
		e := p.event()
		require.NotEqual(p.t, "closed", e.Packet, "before the ack of %s", name)
		if rest, ok := strings.CutPrefix(e.Packet, "3"+id+"["); ok {
			answer = json.RawMessage(strings.TrimSuffix(rest, "]"))
			p.documented("ack", answer)
			return answer, before
		}
		before = append(before, e)
	}
}

// drop ends the transport as a broken network does, seen from the server.
func (p *peer) drop() { p.post("1") }

// names and seqs of events, in order.
func names(events []event) (out []string) {
	for _, e := range events {
		out = append(out, e.Name)
	}
	return out
}

func seqs(events []event) (out []int64) {
	for _, e := range events {
		out = append(out, e.Body.Seq)
	}
	return out
}

// ownUser is whom session:ready names.
type ownUser struct{ ID, Email, Name, Role, TenantID string }
