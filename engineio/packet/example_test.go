package packet_test

import (
	"fmt"

	"github.com/agentportal/portal/engineio/packet"
)

// The packets of one poll.
func Example() {
	payload := packet.AppendPayload(nil,
		packet.Packet{Type: packet.Message, Data: []byte("hello")},
		packet.Packet{Binary: true, Data: []byte{1, 2, 3}})
	fmt.Printf("%q\n", payload)

	for more := true; more; {
		var p packet.Packet
		var err error
		p, payload, more, err = packet.Next(payload)
		fmt.Println(p.Binary, p.Data, err)
	}
	// Output:
	// "4hello\x1ebAQID"
	// false [104 101 108 108 111] <nil>
	// true [1 2 3] <nil>
}
