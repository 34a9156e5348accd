package adaptertest_test

import (
	"fmt"
	"testing"

	"github.com/agentportal/portal/socketio/adapter"
	"github.com/agentportal/portal/socketio/adapter/adaptertest"
)

// An adapter's own test hands the suite a factory of its nodes. Here it is the
// one that keeps to one node.
func Example() {
	suite := func(t *testing.T) {
		adaptertest.Run(t, 1, func(testing.TB, string, []adapter.Host) []adapter.Adapter {
			return []adapter.Adapter{adapter.NewMemory()}
		})
	}
	ok := testing.RunTests(func(string, string) (bool, error) { return true, nil },
		[]testing.InternalTest{{Name: "TestMemory", F: suite}})
	fmt.Println(ok)
	// Output: true
}
