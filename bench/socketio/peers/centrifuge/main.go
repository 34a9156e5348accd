// Command centrifuge is a peer of the benchmark: Centrifuge's library behind
// its own protocol in JSON, a channel being a room.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/centrifugal/centrifuge"
)

func main() {
	node, err := centrifuge.New(centrifuge.Config{})
	if err != nil {
		log.Fatal(err)
	}
	node.OnConnecting(func(context.Context, centrifuge.ConnectEvent) (centrifuge.ConnectReply, error) {
		return centrifuge.ConnectReply{Credentials: &centrifuge.Credentials{UserID: "bench"}}, nil
	})
	node.OnConnect(func(client *centrifuge.Client) {
		client.OnSubscribe(func(_ centrifuge.SubscribeEvent, done centrifuge.SubscribeCallback) {
			done(centrifuge.SubscribeReply{}, nil)
		})
		client.OnRPC(func(e centrifuge.RPCEvent, done centrifuge.RPCCallback) {
			if e.Method == "echo" {
				done(centrifuge.RPCReply{Data: e.Data}, nil)
				return
			}
			var ask struct {
				Room    string          `json:"room"`
				Payload json.RawMessage `json:"payload"`
			}
			err := json.Unmarshal(e.Data, &ask)
			if err == nil {
				_, err = node.Publish(ask.Room, ask.Payload)
			}
			done(centrifuge.RPCReply{Data: []byte(`{"ok":true}`)}, err)
		})
	})
	if err := node.Run(); err != nil {
		log.Fatal(err)
	}
	http.Handle("/connection/websocket", centrifuge.NewWebsocketHandler(node, centrifuge.WebsocketConfig{
		CheckOrigin: func(*http.Request) bool { return true },
	}))
	log.Fatal(http.ListenAndServe(os.Args[1], nil))
}
