package adapter_test

import (
	"testing"

	"go.uber.org/goleak"

	"github.com/agentportal/portal/socketio/adapter"
	"github.com/agentportal/portal/socketio/adapter/adaptertest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	adaptertest.Run(t, 1, func(testing.TB, string, []adapter.Host) []adapter.Adapter {
		return []adapter.Adapter{adapter.NewMemory()}
	})
}

func TestHub(t *testing.T) {
	adaptertest.Run(t, 3, func(_ testing.TB, namespace string, hosts []adapter.Host) []adapter.Adapter {
		hub := &adaptertest.Hub{}
		var out []adapter.Adapter
		for _, h := range hosts {
			out = append(out, hub.Adapter(namespace, h))
		}
		return out
	})
}
