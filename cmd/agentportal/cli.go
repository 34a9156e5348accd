package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"syscall"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/config"
)

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

// commands are what the program can do, one function each.
type commands struct {
	serve    func(context.Context, config.Serve) error
	demo     func(context.Context, config.Demo) error
	seed     func(context.Context, config.Seed) error
	simulate func(context.Context, config.Simulate) error
	migrate  func(context.Context, config.Migrate) error
}

// run does what args ask for and returns the exit code. Whatever went wrong is one line on stderr.
func (c commands) run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	cmd, err := config.Parse(args, version(), stdout)
	switch {
	case errors.Is(err, config.ErrHelp):
		return exitDone
	case err != nil:
		complain(stderr, err)
		return exitUsage
	}
	if err := c.dispatch(ctx, cmd); err != nil {
		complain(stderr, err)
		return exitFailed
	}
	return exitDone
}

func (c commands) dispatch(ctx context.Context, cmd config.Command) error {
	switch {
	case cmd.Serve != nil:
		return c.serve(ctx, *cmd.Serve)
	case cmd.Demo != nil:
		return c.demo(ctx, *cmd.Demo)
	case cmd.Seed != nil:
		return c.seed(ctx, *cmd.Seed)
	case cmd.Simulate != nil:
		return c.simulate(ctx, *cmd.Simulate)
	default:
		return c.migrate(ctx, *cmd.Migrate)
	}
}

// complain writes one line, whatever the error's text holds.
func complain(w io.Writer, err error) {
	text := strings.Join(strings.Fields(explain(err)), " ")
	fmt.Fprintf(w, "agentportal: %s\n", text)
}

// noPlace is a listener that couldn't be had, and the setting that says where it is to be.
type noPlace struct {
	error
	setting string
}

// Unwrap gives the cause.
func (e *noPlace) Unwrap() error { return e.error }

// explain adds to the failures that newcomers meet what to do about them. Our own errors say so themselves.
func explain(err error) string {
	var place *noPlace
	var unreachable *net.OpError
	var file *fs.PathError
	var own *portal.Error
	switch {
	case errors.As(err, &place):
		return err.Error() + ": " + place.advice()
	case errors.As(err, &own) && own.Code != portal.Internal:
		return own.Message
	case errors.As(err, &file) && errors.Is(err, fs.ErrNotExist):
		return err.Error() + ": check the path"
	case errors.As(err, &file):
		return err.Error() + ": make it readable and writable for this user, or choose another place with --database-url (PORTAL_DATABASE_URL)"
	case errors.As(err, &unreachable) && unreachable.Op == "dial":
		return err.Error() + ": nothing answers there; start it, or correct its address"
	}
	return err.Error()
}

func (e *noPlace) advice() string {
	switch choose := "choose another with " + e.setting; {
	case errors.Is(e, syscall.EADDRINUSE):
		return "another program uses this address; stop it, or " + choose
	case errors.Is(e, syscall.EACCES):
		return "ports below 1024 need more rights; " + choose
	default:
		return "this machine has no such address; " + choose
	}
}
