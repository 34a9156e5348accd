package packet_test

import (
	"fmt"

	"github.com/agentportal/portal/socketio/packet"
)

func Example() {
	text, attachments, err := packet.AppendEvent(nil, "/chat", 7, true, "photo", []any{"cat.png", []byte{1, 2, 3}})
	fmt.Println(string(text), attachments, err)

	var d packet.Decoder
	_, whole, _ := d.Text(text)
	fmt.Println("whole without its attachment:", whole)
	p, whole, _ := d.Binary(attachments[0])
	fmt.Println(whole, p.Namespace, p.ID, p.Event, string(p.Args[0]), p.Attachments)
	// Output:
	// 51-/chat,7["photo","cat.png",{"_placeholder":true,"num":0}] [[1 2 3]] <nil>
	// whole without its attachment: false
	// true /chat 7 photo "cat.png" [[1 2 3]]
}
