package main

import "github.com/agentportal/portal/engineio"

// echoServer is an Engine.IO server that sends back what it gets.
func echoServer(cfg engineio.Config) *engineio.Server {
	cfg.Accept = func(c *engineio.Conn) engineio.Receiver { return echo{c} }
	return engineio.NewServer(cfg)
}

type echo struct{ conn *engineio.Conn }

// Receive implements engineio.Receiver.
func (e echo) Receive(m engineio.Message) {
	frame := engineio.NewTextFrame
	if m.Binary {
		frame = engineio.NewBinaryFrame
	}
	_ = e.conn.Send(frame(m.Data)) // fails when the connection has ended
}

// Closed implements engineio.Receiver.
func (e echo) Closed(engineio.CloseReason) {}
