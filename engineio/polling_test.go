package engineio

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func text(s string) *Frame { return NewTextFrame([]byte(s)) }

func TestPollingPayloads(t *testing.T) {
	t.Run("EIO-20 packets of a poll", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		require.NoError(t, p.Send(text("a"), NewBinaryFrame([]byte{1, 2, 3, 4}), text("é")))
		r := h.get(p.ID())
		require.Equal(t, "4a\x1ebAQIDBA==\x1e4é", r.body)
		require.Equal(t, "text/plain; charset=UTF-8", r.header.Get("Content-Type"))
		require.Equal(t, "no-store", r.header.Get("Cache-Control"))
		answer := h.hangingPoll(p)
		require.NoError(t, p.Send(text("later")))
		require.Equal(t, "4later", (<-answer).body)
	})
	t.Run("EIO-28 packets of a POST are delivered in order before ok", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		r := h.post(p.ID(), "4a\x1ebAQIDBA==\x1e4\x1e6\x1e4é")
		require.Equal(t, 200, r.status)
		require.Equal(t, "ok", r.body)
		require.Len(t, p.messages, 4)
		for _, want := range []string{"a", "bin:\x01\x02\x03\x04", "", "é"} {
			require.Equal(t, want, <-p.messages)
		}
	})
	for name, body := range map[string]string{
		"empty": "", "no type": "abc", "an empty packet": "4a\x1e\x1e4b", "base64": "b!", "UTF-8": "4\xff", "a type": "7",
	} {
		t.Run("EIO-26 not a payload: "+name, func(t *testing.T) {
			h := newHost(t, Config{})
			p := h.openPolling()
			require.Equal(t, 400, h.post(p.ID(), body).status)
			require.Equal(t, ReasonParseError, p.end(t).Code)
			require.Equal(t, 400, h.get(p.ID()).status)
		})
	}
	for _, packet := range []string{"0{}", "2", "5"} {
		t.Run("EIO-29 a server's packet from a client: "+packet, func(t *testing.T) {
			h := newHost(t, Config{})
			p := h.openPolling()
			require.Equal(t, 400, h.post(p.ID(), packet).status)
			require.Equal(t, ReasonTransportError, p.end(t).Code)
			p, c := h.openWebSocket()
			c.send(packet)
			c.ended()
			require.Equal(t, ReasonTransportError, p.end(t).Code)
		})
	}
}

// endless is a body that says nothing of its length and has no end; it counts
// what is read.
type endless struct{ read atomic.Int64 }

func (e *endless) Read(p []byte) (int, error) {
	e.read.Add(int64(len(p)))
	for i := range p {
		p[i] = '4'
	}
	return len(p), nil
}

func TestBodyLimit(t *testing.T) {
	h := newHost(t, Config{MaxPayload: 1000})
	p := h.openPolling()
	query := "EIO=4&transport=polling&sid=" + p.ID()
	t.Run("EIO-25 as much as is allowed", func(t *testing.T) {
		require.Equal(t, 200, h.post(p.ID(), "4"+strings.Repeat("x", 999)).status)
		require.Len(t, p.message(t), 999)
	})
	t.Run("EIO-25 an announced excess is refused unread", func(t *testing.T) {
		conn, err := h.dial()
		require.NoError(t, err)
		defer conn.Close()
		fmt.Fprintf(conn, "POST /?%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1001\r\n\r\n", query)
		conn.SetReadDeadline(time.Now().Add(10 * time.Second))
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		require.NoError(t, err)
		require.Equal(t, 413, answer.StatusCode)
	})
	t.Run("EIO-25 an endless body is refused at the limit", func(t *testing.T) {
		body := &endless{}
		r := h.doCtx(context.Background(), "POST", query, body)
		if r.err == nil { // the client may notice the end of the connection first
			require.Equal(t, 413, r.status)
		}
	})
	t.Run("EIO-25 the session lives on", func(t *testing.T) {
		require.Equal(t, 200, h.post(p.ID(), "4still").status)
		require.Equal(t, "still", p.message(t))
	})
}

func TestServerTimeouts(t *testing.T) {
	t.Run("EIO-24 the HTTP server's time-outs don't end a poll", func(t *testing.T) {
		listener, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		web := &http.Server{ReadTimeout: 50 * time.Millisecond, WriteTimeout: 50 * time.Millisecond}
		h := serve(t, Config{PingInterval: 300 * time.Millisecond}, listener, func() (net.Conn, error) {
			return net.Dial("tcp", listener.Addr().String())
		}, web)
		p := h.openPolling()
		r := h.get(p.ID())
		require.NoError(t, r.err)
		require.Equal(t, "2", r.body)
		require.Equal(t, 1, h.Len())
	})
}

func TestAbortedPoll(t *testing.T) {
	t.Run("EIO-27", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 20 {
			p := h.openPolling()
			ctx, cancel := context.WithCancel(context.Background())
			answer := make(chan reply, 1)
			go func() { answer <- h.doCtx(ctx, "GET", "EIO=4&transport=polling&sid="+p.ID(), nil) }()
			p.await(t, func() bool { return p.poll != nil })
			cancel()
			require.Error(t, (<-answer).err)
			require.Equal(t, ReasonTransportError, p.end(t).Code)
			require.Equal(t, 400, h.get(p.ID()).status)
		}
	})
	t.Run("EIO-27 as a race with a message", func(t *testing.T) {
		h := newHost(t, Config{PingInterval: 40 * time.Millisecond, PingTimeout: 20 * time.Millisecond})
		for range 50 {
			p := h.openPolling()
			ctx, cancel := context.WithCancel(context.Background())
			answer := make(chan reply, 1)
			go func() { answer <- h.doCtx(ctx, "GET", "EIO=4&transport=polling&sid="+p.ID(), nil) }()
			// A slow machine's poll may come after the first ping, or too late for the session.
			p.await(t, func() bool { return p.poll != nil || len(answer) > 0 })
			go cancel()
			p.Send(text("x"))
			if r := <-answer; r.err == nil && r.status == 200 {
				require.Contains(t, []string{"4x", "2", "1"}, r.body)
			}
			p.end(t) // at once, or for want of a pong if the answer was on its way
		}
	})
}

func TestTwoPolls(t *testing.T) {
	gone := func(t *testing.T, h *host, p *peer) {
		require.Equal(t, 400, h.get(p.ID()).status)
		r := p.end(t)
		require.Equal(t, ReasonTransportError, r.Code)
		require.ErrorIs(t, r.Err, errOverlap)
	}
	t.Run("EIO-21 one after the other", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		first := h.hangingPoll(p)
		require.Equal(t, 400, h.get(p.ID()).status)
		r := <-first
		require.Equal(t, 200, r.status)
		require.Equal(t, "1", r.body)
		gone(t, h, p)
	})
	t.Run("EIO-21 as a race", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 200 {
			p := h.openPolling()
			a, b := h.poll(p.ID()), h.poll(p.ID())
			first, second := <-a, <-b
			if first.status != 200 {
				first, second = second, first
			}
			require.Equal(t, 200, first.status)
			require.Equal(t, "1", first.body)
			require.Equal(t, 400, second.status)
			gone(t, h, p)
		}
	})
}

func TestTwoPosts(t *testing.T) {
	t.Run("EIO-23", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		body, more := io.Pipe()
		first := make(chan reply, 1)
		go func() {
			first <- h.doCtx(context.Background(), "POST", "EIO=4&transport=polling&sid="+p.ID(), body)
		}()
		p.await(t, func() bool { return p.posting })
		require.Equal(t, 400, h.post(p.ID(), "4second").status)
		require.Equal(t, ReasonTransportError, p.end(t).Code)
		more.Write([]byte("4first"))
		more.Close()
		<-first
		require.Empty(t, p.messages, "nothing is delivered after Closed")
	})
	t.Run("EIO-27 an aborted POST ends the session", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		body, more := io.Pipe()
		first := make(chan reply, 1)
		go func() {
			first <- h.doCtx(context.Background(), "POST", "EIO=4&transport=polling&sid="+p.ID(), body)
		}()
		p.await(t, func() bool { return p.posting })
		more.CloseWithError(errTest)
		require.Error(t, (<-first).err)
		require.Equal(t, ReasonTransportError, p.end(t).Code)
	})
}

func TestClientCloses(t *testing.T) {
	check := func(t *testing.T, h *host, p *peer, poll reply) {
		require.Equal(t, 200, poll.status)
		require.Equal(t, "6", poll.body)
		require.Equal(t, 400, h.get(p.ID()).status)
		require.Equal(t, CloseReason{Code: ReasonTransportClose}, p.end(t))
		require.Nil(t, h.session(p.ID()))
	}
	t.Run("EIO-22 while its poll hangs", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		poll := h.hangingPoll(p)
		r := h.post(p.ID(), "1\x1e4never")
		require.Equal(t, "ok", r.body)
		check(t, h, p, <-poll)
		require.Empty(t, p.messages)
	})
	t.Run("EIO-22 before its poll arrives", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		require.Equal(t, "ok", h.post(p.ID(), "1").body)
		require.Equal(t, 400, h.post(p.ID(), "4late").status)
		check(t, h, p, h.get(p.ID()))
	})
	t.Run("EIO-22 as a race", func(t *testing.T) {
		h := newHost(t, Config{})
		for range 300 {
			p := h.openPolling()
			poll := h.poll(p.ID())
			require.Equal(t, "ok", h.post(p.ID(), "1").body)
			check(t, h, p, <-poll)
		}
	})
	t.Run("EIO-22 with messages waiting", func(t *testing.T) {
		h := newHost(t, Config{})
		p := h.openPolling()
		p.Send(text("unwanted"))
		h.post(p.ID(), "1")
		check(t, h, p, h.get(p.ID()))
	})
	t.Run("EIO-22 the poll never comes", func(t *testing.T) {
		inBubble(t, Config{}, func(t *testing.T, h *host) {
			p := h.openPolling()
			h.post(p.ID(), "1")
			p.end(t)
			require.NotNil(t, h.session(p.ID()))
			time.Sleep(lingerTime)
			require.Nil(t, h.session(p.ID()))
			require.Zero(t, h.Len())
		})
	})
}
