// Command zishang is a peer of the benchmark: zishang520's Socket.IO server.
package main

import (
	"log"
	"net/http"
	"os"

	"github.com/zishang520/socket.io/servers/socket/v3"
)

func main() {
	io := socket.NewServer(nil, nil)
	err := io.On("connection", func(clients ...any) {
		client := clients[0].(*socket.Socket)
		client.Emit("auth", client.Handshake().Auth)
		client.On("join", func(args ...any) {
			client.Join(socket.Room(args[0].(string)))
			ack(args, map[string]any{"ok": true})
		})
		client.On("echo", func(args ...any) { ack(args, args[0]) })
		client.On("bench:emit", func(args ...any) {
			ask := args[0].(map[string]any)
			io.To(socket.Room(ask["room"].(string))).Emit("message:new", ask["payload"])
			ack(args, map[string]any{"ok": true})
		})
	})
	if err != nil {
		log.Fatal(err)
	}
	http.Handle("/socket.io/", io.ServeHandler(nil))
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}

// ack answers an event, whose last argument is its acknowledgement.
func ack(args []any, value any) {
	if fn, ok := args[len(args)-1].(socket.Ack); ok {
		fn([]any{value}, nil)
	}
}
