package socketio

import (
	"encoding/json"
	"testing"
	"time"
)

// FuzzRecoveryAsk: whatever a client's CONNECT holds, what it asks to recover is
// read without harm, and no position but one that was given out comes of it.
func FuzzRecoveryAsk(f *testing.F) {
	m := NewMemorySessions(time.Minute, 10)
	f.Add([]byte(`{"pid":"p","offset":"` + m.epoch + `.1z"}`))
	f.Add([]byte(`{"pid":1,"offset":{}}`))
	f.Add([]byte(`{"pid":null,"offset":".-1"}`))
	f.Add([]byte(`{"PID":"p","pid":["p"],"offset":"` + m.epoch + `.+7"}`))
	f.Fuzz(func(t *testing.T, auth []byte) {
		ask := recoveryAsk(auth)
		if !json.Valid(auth) && ask != (RecoveryAsk{}) {
			t.Fatalf("%q asks %+v", auth, ask)
		}
		if at := m.position(ask.Offset); at > 1<<63-1 {
			t.Fatalf("%q is at %d", auth, at)
		}
		for _, offset := range []string{ask.Offset, string(auth), m.epoch + "." + string(auth)} {
			if at := m.position(offset); at != 0 && offset[:len(m.epoch)+1] != m.epoch+"." {
				t.Fatalf("%q is at %d", offset, at)
			}
		}
	})
}
