package engineio_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/agentportal/portal/engineio"
)

// echo sends back what it gets.
type echo struct{ conn *engineio.Conn }

func (e echo) Receive(m engineio.Message) {
	if m.Binary {
		_ = e.conn.Send(engineio.NewBinaryFrame(m.Data))
		return
	}
	_ = e.conn.Send(engineio.NewTextFrame(m.Data)) // fails when the connection has ended
}

func (e echo) Closed(reason engineio.CloseReason) { fmt.Println("closed:", reason.Code) }

// A server that sends back what it gets, and a session on polling.
func Example() {
	srv := engineio.NewServer(engineio.Config{
		Accept: func(c *engineio.Conn) engineio.Receiver { return echo{c} },
	})
	web := httptest.NewServer(srv)
	defer web.Close()

	session := web.URL + "/engine.io/?EIO=4&transport=polling"
	open := body(http.Get(session))
	session += "&sid=" + open[len(`0{"sid":"`):][:20]
	fmt.Println(body(http.Post(session, "text/plain", strings.NewReader("4hello\x1ebAQID"))))
	fmt.Println(strings.Split(body(http.Get(session)), "\x1e"))
	srv.Close()
	// Output:
	// ok
	// [4hello bAQID]
	// closed: shutdown
}

func body(resp *http.Response, err error) string {
	if err != nil {
		return err.Error()
	}
	defer resp.Body.Close()
	b, _ := io.ReadAll(resp.Body)
	return string(b)
}
