//go:build !linux

package engineio

// poller leaves every WebSocket to a goroutine of its own: here is nothing
// that could read many.
type poller struct{}

func newPoller(*tasks) *poller { return &poller{} }

func (*poller) serves(*socket) bool { return false }
func (*poller) add(*socket)         {}
func (*poller) park(*socket) bool   { return false }
func (*poller) wake(*socket)        {}
func (*poller) forget(*socket)      {}
func (*poller) close()              {}

type worker struct{}

func (*worker) readFrom(s *socket, p []byte) (int, error) { return s.conn.Read(p) }
