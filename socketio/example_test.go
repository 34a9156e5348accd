package socketio_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"

	"github.com/agentportal/portal/socketio"
)

// A server with a room, and what one client sends and gets.
func Example() {
	srv := socketio.NewServer(socketio.Config{})
	defer srv.Close()

	type message struct {
		Text string `json:"text"`
	}
	srv.Of("/").OnConnection(func(_ context.Context, s *socketio.Socket) {
		s.Join("lobby")
		socketio.On(s, "say", func(_ context.Context, s *socketio.Socket, m message, c *socketio.Call) {
			_ = s.Namespace().To("lobby").Emit("said", m)
			_ = c.Ack("ok")
		})
	})

	mux := http.NewServeMux()
	mux.Handle("/socket.io/", srv)
	web := httptest.NewServer(mux)
	defer web.Close()

	client := connectExample(web.URL, "")
	client.send(`21["say",{"text":"hello"}]`)
	fmt.Println(client.poll())
	// Output:
	// 2["said",{"text":"hello"}]
	// 31["ok"]
}

// A middleware that lets nobody in without a token.
func ExampleNamespace_Use() {
	srv := socketio.NewServer(socketio.Config{})
	defer srv.Close()
	srv.Of("/").Use(func(_ context.Context, s *socketio.Socket) error {
		if s.Handshake().Auth == nil {
			return &socketio.ConnectError{Message: "unauthorized", Data: map[string]string{"code": "token_missing"}}
		}
		return nil
	})
	web := httptest.NewServer(srv)
	defer web.Close()

	fmt.Println(connectExample(web.URL, "").answer)
	// Output: 4{"message":"unauthorized","data":{"code":"token_missing"}}
}

// An event encoded once for many rooms.
func ExampleNamespace_Encode() {
	srv := socketio.NewServer(socketio.Config{})
	defer srv.Close()
	n := srv.Of("/")
	n.OnConnection(func(_ context.Context, s *socketio.Socket) { s.Join("a", "b") })
	n.On("publish", func(context.Context, *socketio.Call) {
		p, err := n.Encode("news", "fresh", []byte{1, 2})
		if err != nil {
			return
		}
		_ = n.To("a").Send(p)
		_ = n.To("b").Send(p)
	})
	web := httptest.NewServer(srv)
	defer web.Close()

	client := connectExample(web.URL, "")
	client.send(`2["publish"]`)
	fmt.Println(client.poll())
	// Output:
	// 51-["news","fresh",{"_placeholder":true,"num":0}]
	// AQI=
	// 51-["news","fresh",{"_placeholder":true,"num":0}]
	// AQI=
}

// journal is a SessionStore for events that are kept anyway: a client's offset
// is the number of the last entry that it got. A real one keeps its sessions where
// the next process finds them, and entries may be added while Resume runs.
type journal struct {
	entries  []string
	sessions map[string]bool // by private id
}

func (j *journal) Open(_ context.Context, s *socketio.Socket, ask socketio.RecoveryAsk) (socketio.Session, error) {
	at, err := strconv.Atoi(ask.Offset)
	if !j.sessions[ask.PID] || err != nil || at < 0 || at > len(j.entries) {
		pid := rand.Text()
		j.sessions[pid] = true
		return socketio.Session{PID: pid, Rooms: []string{"journal"}}, nil
	}
	resume := func(ctx context.Context, s *socketio.Socket) error {
		for i, entry := range j.entries[at:] {
			p, err := s.Namespace().Encode("entry", entry, strconv.Itoa(at+i+1))
			if err != nil {
				return err
			}
			if err := s.SendWait(ctx, p); err != nil {
				return err
			}
		}
		return nil
	}
	return socketio.Session{PID: ask.PID, Recovered: true, Rooms: []string{"journal"}, Resume: resume}, nil
}

// A client that has the first entry comes back and gets the others.
func ExampleSessionStore() {
	store := &journal{entries: []string{"one", "two", "three"}, sessions: map[string]bool{"secret": true}}
	srv := socketio.NewServer(socketio.Config{Sessions: store})
	defer srv.Close()
	web := httptest.NewServer(srv)
	defer web.Close()

	client := openExample(web.URL)
	client.send(`0{"pid":"secret","offset":"1"}`)
	got := client.poll()
	for !strings.Contains(got, "three") {
		got += "\n" + client.poll()
	}
	_, missed, _ := strings.Cut(got, "\n") // behind the answer to CONNECT
	fmt.Println(missed)
	// Output:
	// 2["entry","two","2"]
	// 2["entry","three","3"]
}

// exampleClient speaks raw packets over polling.
type exampleClient struct{ url, answer string }

func openExample(server string) *exampleClient {
	c := &exampleClient{url: server + "/socket.io/?EIO=4&transport=polling"}
	open := c.get()
	c.url += "&sid=" + open[len(`0{"sid":"`):][:20]
	return c
}

func connectExample(server, auth string) *exampleClient {
	c := openExample(server)
	c.send("0" + auth)
	c.answer, _, _ = strings.Cut(c.poll(), "\n")
	return c
}

func (c *exampleClient) get() string {
	resp, err := http.Get(c.url)
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return string(body)
}

// poll is the next packets, one a line.
func (c *exampleClient) poll() string {
	var lines []string
	for _, p := range strings.Split(c.get(), "\x1e") {
		lines = append(lines, p[1:])
	}
	return strings.Join(lines, "\n")
}

func (c *exampleClient) send(packet string) {
	resp, err := http.Post(c.url, "text/plain;charset=UTF-8", strings.NewReader("4"+packet))
	if err == nil {
		resp.Body.Close()
	}
}
