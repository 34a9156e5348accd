// Command agentportal is the portal: the server, its demo, and the tools around it in one binary. See --help.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	code := commands{serve: serve, demo: demo, seed: seed, simulate: simulateCustomers, migrate: migrate}.run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	stop()
	os.Exit(code)
}
