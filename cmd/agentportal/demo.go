package main

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"

	"github.com/agentportal/portal/internal/config"
	"github.com/agentportal/portal/internal/desk"
	"github.com/agentportal/portal/internal/simulate"
)

// demoSeed is two companies and their agents.
//
//go:embed demo.json
var demoSeed string

// demoPassword is that of every demo agent.
const demoPassword = "demo demo demo"

// demo serves a portal with seeded tenants while simulated customers write to
// it through its outer doors: signed webhooks in, a simulated Graph API out.
func demo(ctx context.Context, c config.Demo) error {
	data, err := tenantsOf("")
	if err != nil {
		return err
	}
	rate := 0.0 // the simulator's own
	if c.Quiet {
		rate = -1
	}
	sim, err := simulate.New(simulate.Config{Tenants: cast(data), Rate: rate, Log: newLogger(c.Log)})
	if err != nil {
		return err
	}
	c.GraphURL = sim.GraphURL()
	p, err := newPortal(ctx, c.Portal)
	if err != nil {
		_ = sim.Close()
		return err
	}
	if err := plant(ctx, p.db, data); err != nil {
		p.close()
		_ = sim.Close()
		return err
	}
	url := "http://" + p.listener.Addr().String()
	welcome(os.Stdout, url, data)
	// The customers stop before the portal drains.
	play, stop := context.WithCancel(ctx)
	var playing sync.WaitGroup
	playing.Go(func() {
		if err := sim.Run(play, url); err != nil && play.Err() == nil {
			p.log.Error("the simulated customers have stopped", "err", err)
		}
	})
	err = p.run(ctx)
	stop()
	playing.Wait()
	return err
}

// simulateCustomers plays the customers of a seed file's tenants, or of the demo's,
// against a portal that runs elsewhere.
func simulateCustomers(ctx context.Context, c config.Simulate) error {
	data, err := tenantsOf(c.File)
	if err != nil {
		return err
	}
	sim, err := simulate.New(simulate.Config{
		Tenants: cast(data), GraphAddr: c.GraphAddr, Customers: c.Customers, Rate: c.Rate, Log: newLogger(c.Log),
	})
	var taken *net.OpError
	if errors.As(err, &taken) {
		return &noPlace{err, "--graph-addr (PORTAL_GRAPH_ADDR)"}
	}
	if err != nil {
		return err
	}
	fmt.Printf("The simulated Graph API answers at %s: start the portal with --graph-url %s\n", sim.GraphURL(), sim.GraphURL())
	err = sim.Run(ctx, c.PortalURL)
	if ctx.Err() != nil {
		return nil
	}
	return err
}

// tenantsOf reads a seed file; without a name, the demo's.
func tenantsOf(file string) (desk.Seed, error) {
	if file == "" {
		return readSeed(strings.NewReader(demoSeed), "demo.json")
	}
	f, err := os.Open(file)
	if err != nil {
		return desk.Seed{}, err
	}
	defer f.Close()
	return readSeed(f, file)
}

// cast is what the simulator knows of the tenants: what Meta would.
func cast(data desk.Seed) []simulate.Tenant {
	tenants := make([]simulate.Tenant, 0, len(data.Tenants))
	for _, t := range data.Tenants {
		tenants = append(tenants, simulate.Tenant{
			ID: t.ID, PhoneNumberID: t.WhatsApp.PhoneNumberID, DisplayPhoneNumber: t.WhatsApp.DisplayPhoneNumber,
			AccessToken: t.WhatsApp.AccessToken, AppSecret: t.WhatsApp.AppSecret,
		})
	}
	return tenants
}

// welcome tells a newcomer where to go and how to sign in.
func welcome(w io.Writer, url string, data desk.Seed) {
	fmt.Fprintf(w, "\n  Agent Portal demo: %s\n\n  Sign in with the password %q as\n", url, demoPassword)
	for _, t := range data.Tenants {
		for _, u := range t.Users {
			fmt.Fprintf(w, "    %-28s %-7s %s, %s\n", u.Email, u.Role, u.Name, t.Name)
		}
	}
	fmt.Fprint(w, "\n  Customers write by themselves. Ctrl+C ends the demo; its data stays.\n\n")
}
