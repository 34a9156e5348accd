package bridge_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/queue/embedded"
	"github.com/agentportal/portal/internal/store"
	"github.com/agentportal/portal/internal/store/sqlite"
)

// pastFailures are seeds that once failed, kept as cases: with a message that was
// claimed just before its answer was stored.
var pastFailures = []uint64{10016952486547409068, 9805876020210718798}

// schedules is how many random schedules a run of the tests plays: few, since the
// race detector makes the database twenty times as slow. BRIDGE_SCHEDULES asks for
// another number, BRIDGE_SEED for one schedule again.
const schedules = 5

// TestSimulation plays random schedules of what customers, their phones, agents,
// the provider, the database and the process do. Each has a database of its own
// and a time of its own, in which a day takes no time; between bridge, queue, desk,
// sender and provider nothing is replaced but the wire.
func TestSimulation(t *testing.T) {
	seeds := append([]uint64{}, pastFailures...)
	if only := os.Getenv("BRIDGE_SEED"); only != "" {
		seed, err := strconv.ParseUint(only, 10, 64)
		require.NoError(t, err)
		seeds = []uint64{seed}
	} else {
		n := schedules
		if asked, err := strconv.Atoi(os.Getenv("BRIDGE_SCHEDULES")); err == nil {
			n = asked
		}
		for range n {
			seeds = append(seeds, rand.Uint64())
		}
	}
	empty := emptyDatabase(t)
	var all tally
	t.Run("BR-20", func(t *testing.T) {
		for _, seed := range seeds {
			t.Run(fmt.Sprint("BRIDGE_SEED=", seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { newSchedule(t, empty, seed, &all).play(120) })
			})
		}
	})
	t.Logf("%d schedules: %d events, %d calls of the provider, %d failures, %d deaths, %d dead letters, %d reports left parked",
		len(seeds), all.events.Load(), all.calls.Load(), all.failed.Load(), all.deaths.Load(), all.dead.Load(), all.parked.Load())
	require.Positive(t, all.calls.Load())
}

// tally is what all schedules together have seen.
type tally struct{ events, calls, failed, deaths, dead, parked atomic.Int64 }

// emptyDatabase is a file with the tables and the tenants in it, to be copied.
func emptyDatabase(t *testing.T) []byte {
	t.Helper()
	path := filepath.Join(t.TempDir(), "portal.db")
	db, err := sqlite.Open(t.Context(), sqlite.Config{Path: path,
		Extra: []store.MigrationSet{{Table: embedded.VersionTable, FS: embedded.Migrations()}}})
	require.NoError(t, err)
	require.NoError(t, db.Migrate(t.Context()))
	for _, id := range tenants {
		require.NoError(t, db.PutTenant(t.Context(), portal.Tenant{ID: id, Name: id,
			WhatsApp: portal.WhatsApp{PhoneNumberID: numberOf(id), AccessToken: "token of " + id}}))
	}
	require.NoError(t, db.Close())
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	return raw
}

var tenants = []string{"acme", "globex"}

func numberOf(tenant string) string { return "number-of-" + tenant }

// dice are a schedule's own: the same seed, the same throws. Which goroutine
// throws first isn't the seed's to say.
type dice struct {
	mu sync.Mutex
	r  *rand.Rand
}

func newDice(seed, stream uint64) *dice { return &dice{r: rand.New(rand.NewPCG(seed, stream))} }

func (d *dice) n(n int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.r.IntN(n)
}

// in is true once in n times.
func (d *dice) in(n int) bool { return d.n(n) == 0 }

// oneOf picks from a list that isn't empty.
func oneOf[T any](d *dice, list []T) T { return list[d.n(len(list))] }
