package adapter_test

import (
	"fmt"

	"github.com/agentportal/portal/socketio/adapter"
	"github.com/agentportal/portal/socketio/adapter/adaptertest"
)

func Example() {
	rooms := adapter.NewMemory()
	ann, bob := &adaptertest.Member{Name: "ann"}, &adaptertest.Member{Name: "bob"}
	rooms.Add(ann)
	rooms.Add(bob)
	rooms.Join(ann, "lobby", "office")
	rooms.Join(bob, "lobby")

	target := adapter.Target{Rooms: []string{"lobby"}, Except: []string{"office"}}
	rooms.Each(target, func(m adapter.Member) { fmt.Println(m.ID()) })
	// Output: bob
}
