// Command ioserver is a bare Socket.IO server for conformance suites and
// benchmarks. It answers under /socket.io/ what the reference server of the
// official protocol test suite answers, and a few events more; see bind. Under
// /engine.io/ it echoes Engine.IO messages, as that protocol's suite wants it.
package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	_ "net/http/pprof"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/agentportal/portal/engineio"
	"github.com/agentportal/portal/socketio"
)

// flags are the command line.
type flags struct {
	Addr           string        `default:"127.0.0.1:3000" help:"Listen address."`
	PingInterval   time.Duration `default:"25s" help:"Time between two pings."`
	PingTimeout    time.Duration `default:"20s" help:"How long a pong may take."`
	MaxPayload     int           `default:"1000000" help:"Limit of a packet, in bytes."`
	CompressFrom   int           `help:"Compress WebSocket messages from this many bytes on, for clients that offer it; 0: none."`
	ConnectTimeout time.Duration `default:"45s" help:"Time to join a namespace."`
	Transports     []string      `default:"polling,websocket" help:"What clients may use."`
	Recovery       time.Duration `help:"Window of connection state recovery, in memory; 0: none."`
	Drain          time.Duration `default:"0s" help:"Time over which SIGTERM closes the connections."`
	AnyOrigin      bool          `default:"true" negatable:"" help:"Let pages of any origin connect."`
	Profile        string        `help:"Address for net/http/pprof; empty: none."`
}

func main() {
	var f flags
	kong.Parse(&f, kong.Description("A bare Socket.IO server for suites and benchmarks."))
	if err := run(f); err != nil {
		fmt.Fprintln(os.Stderr, "ioserver:", err)
		os.Exit(1)
	}
}

// run serves until SIGINT or SIGTERM.
func run(f flags) error {
	log := slog.New(slog.NewTextHandler(os.Stdout, nil))
	stop, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()

	if f.Profile != "" {
		profiles, err := net.Listen("tcp", f.Profile)
		if err != nil {
			return err
		}
		defer profiles.Close()
		go http.Serve(profiles, http.DefaultServeMux) // net/http/pprof's
	}
	io := socketio.NewServer(config(f, log))
	bind(io)
	listener, err := net.Listen("tcp", f.Addr)
	if err != nil {
		return err
	}
	mux := http.NewServeMux()
	mux.Handle("/socket.io/", io)
	bare := echoServer(config(f, log).Engine)
	mux.Handle("/engine.io/", bare)
	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	log.Info("listening", "addr", listener.Addr().String())

	select {
	case err := <-failed:
		return errors.Join(err, io.Close(), bare.Close())
	case <-stop.Done():
	}
	ctx, done := context.WithTimeout(context.Background(), f.Drain+10*time.Second)
	defer done()
	return errors.Join(io.Shutdown(ctx, f.Drain), bare.Close(), server.Shutdown(ctx))
}

func config(f flags, log *slog.Logger) socketio.Config {
	cfg := socketio.Config{
		Engine: engineio.Config{
			PingInterval: f.PingInterval,
			PingTimeout:  f.PingTimeout,
			MaxPayload:   f.MaxPayload,
			CompressFrom: f.CompressFrom,
			Transports:   f.Transports,
		},
		ConnectTimeout: f.ConnectTimeout,
		Logger:         log,
	}
	if f.AnyOrigin {
		cfg.Engine.AllowOrigin = func(*http.Request) bool { return true }
	}
	if f.Recovery > 0 {
		cfg.Sessions = socketio.NewMemorySessions(f.Recovery, 10_000)
	}
	return cfg
}
