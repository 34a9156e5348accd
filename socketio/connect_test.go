package socketio_test

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/socketio"
)

func TestConnect(t *testing.T) {
	t.Run("SIO-12 the answer has the sid and nothing else", func(t *testing.T) {
		_, addr := serve(t, socketio.Config{})
		p := dial(t, addr)
		p.send("0")
		require.Regexp(t, `^0\{"sid":"[A-Za-z0-9_-]{20}"\}$`, p.next())
	})
	t.Run("SIO-12 with recovery also the pid", func(t *testing.T) {
		_, addr := serve(t, socketio.Config{Sessions: socketio.NewMemorySessions(time.Minute, 10)})
		p := dial(t, addr)
		p.send("0")
		require.Regexp(t, `^0\{"sid":"[A-Za-z0-9_-]{20}","pid":"[A-Za-z0-9_-]{20}"\}$`, p.next())
	})
	t.Run("SIO-13 all ids differ", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{Sessions: socketio.NewMemorySessions(time.Minute, 10)})
		io.Of("/a")
		seen := map[string]bool{}
		for range 20 {
			p, a := connect(t, addr, "0")
			b := p.join("0/a,")
			for _, id := range []string{p.sid, a.SID, a.PID, b.SID, b.PID} {
				require.Len(t, id, 20)
				require.False(t, seen[id])
				seen[id] = true
			}
		}
	})
	t.Run("SIO-17 what the client sent is the handshake", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		shakes := make(chan *socketio.Handshake, 2)
		io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) { shakes <- s.Handshake() })
		p, err := tryDial(t, addr, "&shop=1")
		require.NoError(t, err)
		p.send(`0{"token":"123"}`)
		h := wait(t, shakes)
		require.JSONEq(t, `{"token":"123"}`, string(h.Auth))
		require.Equal(t, "1", h.Query.Get("shop"))
		require.Equal(t, "yes", h.Header.Get("X-Test"))
		require.True(t, strings.HasPrefix(h.RemoteAddr, "127.0.0.1:"))
		require.WithinDuration(t, time.Now(), h.Time, patience)
		connect(t, addr, "0")
		require.Nil(t, wait(t, shakes).Auth)
	})
}

func TestConnectRefused(t *testing.T) {
	t.Run("SIO-14 an unknown namespace leaves the connection", func(t *testing.T) {
		_, addr := serve(t, socketio.Config{})
		p := dial(t, addr)
		p.send("0/random")
		p.expect(`4/random,{"message":"Invalid namespace"}`)
		p.join("0")
	})
	for _, packet := range []string{`2["a"]`, `1`, `31[]`, `4{"message":"x"}`, `2/a,["a"]`} {
		t.Run("SIO-10 first comes CONNECT, not "+packet, func(t *testing.T) {
			_, addr := serve(t, socketio.Config{})
			p := dial(t, addr)
			p.send(packet)
			require.Empty(t, p.closed())
		})
	}
	for _, packet := range []string{`abc`, `2[]`, `0"x"`, `2["disconnect"]`, `511-["a"]`, `51-["a",{"_placeholder":true,"num":1}]`, `0`, `4{}`} {
		t.Run("SIO-11 a connection ends by "+packet, func(t *testing.T) {
			io, addr := serve(t, socketio.Config{})
			ends := make(chan socketio.DisconnectReason, 1)
			io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
				s.OnDisconnect(func(r socketio.DisconnectReason) { ends <- r })
			})
			p, _ := connect(t, addr, "0")
			p.send(packet)
			require.Empty(t, p.closed())
			reason := wait(t, ends)
			require.Equal(t, socketio.ReasonParse, reason.Code)
			require.True(t, reason.ComeBack)
			require.Error(t, reason.Err)
		})
	}
	t.Run("SIO-15 no namespace in time", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{ConnectTimeout: 50 * time.Millisecond})
		io.Of("/no").Use(func(context.Context, *socketio.Socket) error { return &socketio.ConnectError{Message: "no"} })
		require.Empty(t, dial(t, addr).closed())
		p := dial(t, addr)
		p.send("0/no,")
		p.expect(`4/no,{"message":"no"}`)
		require.Empty(t, p.closed(), "a refusal is not a namespace")
		p, _ = connect(t, addr, "0")
		p.send("1")
		time.AfterFunc(150*time.Millisecond, func() { p.send("0") })
		require.Regexp(t, `^0\{`, p.next(), "having been in one is enough")
	})
	t.Run("SIO-23 only so many namespaces", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{MaxNamespaces: 3})
		io.OfPattern(func(string) bool { return true })
		p, _ := connect(t, addr, "0/a")
		p.join("0/b")
		p.send("1/a")
		p.join("0/c")
		p.send("0/d")
		p.expect(`4/d,{"message":"Too many namespaces"}`)
	})
}

func TestMiddleware(t *testing.T) {
	t.Run("SIO-18 one after another until one refuses", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		var order []string
		step := func(name string, err error) {
			io.Of("/").Use(func(_ context.Context, s *socketio.Socket) error {
				order = append(order, name)
				return err
			})
		}
		step("a", nil)
		step("b", fmt.Errorf("wrapped: %w", &socketio.ConnectError{Message: "unauthorized", Data: map[string]string{"code": "token_missing"}}))
		step("c", nil)
		p := dial(t, addr)
		p.send("0")
		p.expect(`4{"message":"unauthorized","data":{"code":"token_missing"}}`)
		require.Equal(t, []string{"a", "b"}, order)
		for range 300 { // it may try again at once: nothing of the refused socket is in its way
			p.send("0")
			p.expect(`4{"message":"unauthorized","data":{"code":"token_missing"}}`)
		}
		require.Zero(t, io.Of("/").Len())
	})
	t.Run("SIO-19 try later closes the transport without an answer", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		io.Of("/").Use(func(context.Context, *socketio.Socket) error {
			return fmt.Errorf("database away: %w", socketio.ErrTryLater)
		})
		p := dial(t, addr)
		p.send("0")
		require.Empty(t, p.closed())
	})
	t.Run("SIO-20 what else went wrong is not told", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		io.Of("/").Use(func(context.Context, *socketio.Socket) error { return errors.New("db at 10.0.0.7 says no") })
		p := dial(t, addr)
		p.send("0")
		p.expect(`4{"message":"internal error"}`)
	})
	t.Run("SIO-21 packets wait while it runs", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		gate := make(chan struct{})
		io.Of("/").Use(func(context.Context, *socketio.Socket) error { <-gate; return nil })
		io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
			s.On("e", func(_ context.Context, c *socketio.Call) { _ = c.Ack(c.Values()...) })
		})
		p := dial(t, addr)
		p.send("0")
		for i := range 3 {
			p.send(fmt.Sprintf(`2%d["e",%d]`, i, i))
		}
		p.send("0/none")
		p.expect(`4/none,{"message":"Invalid namespace"}`)
		close(gate)
		require.Regexp(t, `^0\{"sid"`, p.next())
		p.expect(`30[0]`, `31[1]`, `32[2]`)
	})
	t.Run("SIO-21 it is told when the client goes away", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		causes := make(chan error, 1)
		io.Of("/").Use(func(ctx context.Context, _ *socketio.Socket) error {
			causes <- nil
			<-ctx.Done()
			causes <- context.Cause(ctx)
			return ctx.Err()
		})
		p := dial(t, addr)
		p.send("0")
		wait(t, causes)
		p.drop()
		require.ErrorIs(t, wait(t, causes), socketio.ErrDisconnected)
	})
	t.Run("SIO-21 a fast client's first event finds its handler", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		io.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
			s.On("e", func(_ context.Context, c *socketio.Call) { _ = c.Ack() })
		})
		for range 200 {
			p := dial(t, addr)
			p.send("0")
			p.send(`21["e"]`)
			require.Regexp(t, `^0\{"sid"`, p.next())
			p.expect(`31[]`)
			p.drop()
		}
	})
}

func TestPattern(t *testing.T) {
	t.Run("SIO-22 namespaces on demand", func(t *testing.T) {
		io, addr := serve(t, socketio.Config{})
		tenants := io.OfPattern(regexp.MustCompile(`^/tenant-\d+$`).MatchString)
		tenants.Use(func(_ context.Context, s *socketio.Socket) error {
			if s.Namespace().Name() == "/tenant-13" {
				return &socketio.ConnectError{Message: "no luck"}
			}
			return nil
		})
		tenants.OnConnection(func(_ context.Context, s *socketio.Socket) { _ = s.Emit("hello", s.Namespace().Name()) })
		tenants.On("e", func(_ context.Context, c *socketio.Call) { _ = c.Ack("pattern") })
		io.Of("/tenant-1").On("e", func(_ context.Context, c *socketio.Call) { _ = c.Ack("static") })

		p, _ := connect(t, addr, "0/tenant-2,")
		p.expect(`2/tenant-2,["hello","/tenant-2"]`)
		p.send(`2/tenant-2,1["e"]`)
		p.expect(`3/tenant-2,1["pattern"]`)
		p.join("0/tenant-1,")
		p.send(`2/tenant-1,1["e"]`)
		p.expect(`3/tenant-1,1["static"]`)
		p.send("0/tenant-x,")
		p.expect(`4/tenant-x,{"message":"Invalid namespace"}`)
		p.send("0/tenant-13,")
		p.expect(`4/tenant-13,{"message":"no luck"}`)

		q, _ := connect(t, addr, "0/tenant-3,")
		q.expect(`2/tenant-3,["hello","/tenant-3"]`)
		require.NoError(t, tenants.Emit("all", 1))
		p.expect(`2/tenant-2,["all",1]`)
		q.expect(`2/tenant-3,["all",1]`)
		require.Len(t, tenants.Namespaces(), 2)
		q.send("1/tenant-3,")
		eventually(t, func() bool { return len(tenants.Namespaces()) == 1 })
		q.join("0/tenant-3,")
		q.drop()
		p.drop()
		eventually(t, func() bool { return len(tenants.Namespaces()) == 0 })
	})
}
