package socketio_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
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

// exampleClient speaks raw packets over polling.
type exampleClient struct{ url, answer string }

func connectExample(server, auth string) *exampleClient {
	c := &exampleClient{url: server + "/socket.io/?EIO=4&transport=polling"}
	open := c.get()
	c.url += "&sid=" + open[len(`0{"sid":"`):][:20]
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
