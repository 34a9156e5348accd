// Package storetest is the suite that every database of the portal passes. Its
// cases quote the rules of docs/spec/store.md.
//
// Every case works on the tenant acme of a store of its own. A second tenant,
// globex, holds the same ids, numbers and wamids; when the case is over it must
// be as it was planted.
package storetest

import (
	"context"
	"testing"

	"github.com/agentportal/portal/internal/store"
)

// Store is what a database offers beyond store.Store.
type Store interface {
	store.Store
	Migrate(ctx context.Context) error
	SetEpoch(ctx context.Context, epoch string) error
}

// Factory opens a new, empty, migrated store and has it closed when t ends.
type Factory func(t *testing.T) Store

type testCase struct {
	name string
	run  func(*bench)
}

// Run holds a database to the rules.
func Run(t *testing.T, open Factory) {
	for _, group := range []struct {
		name  string
		cases []testCase
	}{
		{"transactions", transactionCases},
		{"commits", commitCases},
		{"isolation", isolationCases},
		{"conversations", conversationCases},
		{"list", listCases},
		{"messages", messageCases},
		{"log", logCases},
		{"sends", sendCases},
		{"reports", reportCases},
		{"directory", directoryCases},
		{"auth sessions", authCases},
		{"recovery sessions", recoveryCases},
		{"dashboard", dashboardCases},
		{"upkeep", upkeepCases},
	} {
		t.Run(group.name, func(t *testing.T) {
			for _, c := range group.cases {
				t.Run(c.name, func(t *testing.T) {
					t.Parallel() // they wait for disks more than they work
					c.run(newBench(t, open))
				})
			}
		})
	}
}
