// Package adaptertest holds the suite that every adapter passes, and Hub, a
// small adapter for several nodes in one process.
package adaptertest

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/socketio/adapter"
)

// Factory makes the adapters of one namespace, one for each host: nodes that
// know of each other.
type Factory func(t testing.TB, namespace string, hosts []adapter.Host) []adapter.Adapter

// Run runs the suite on namespaces of that many nodes. Every case has a second
// namespace with the same rooms and ids, of which nothing may be seen.
func Run(t *testing.T, nodes int, factory Factory) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) { c.run(t, plant(t, nodes, factory)) })
	}
	if nodes < 2 {
		return
	}
	for _, c := range clusterCases {
		t.Run(c.name, func(t *testing.T) { c.run(t, plant(t, nodes, factory)) })
	}
}

// Member is a socket of nothing but an id.
type Member struct {
	Name string
	ms   adapter.Membership
}

// ID implements adapter.Member.
func (m *Member) ID() string { return m.Name }

// Membership implements adapter.Member.
func (m *Member) Membership() *adapter.Membership { return &m.ms }

// node is one node of the namespace under test.
type node struct {
	adapter.Adapter
	host *recorder
}

// recorder is a Host that notes what it is given.
type recorder struct {
	mu   sync.Mutex
	ops  []adapter.Op
	at   []adapter.Target
	news chan struct{}
	// answers are given to every question; hang: none is given before ctx ends.
	answers []adapter.Answer
	hang    bool
}

func (r *recorder) Apply(t adapter.Target, op adapter.Op) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ops, r.at = append(r.ops, op), append(r.at, t)
	select {
	case r.news <- struct{}{}:
	default:
	}
}

func (r *recorder) Answer(ctx context.Context, _ adapter.Target, _ adapter.Question, fn func(adapter.Answer)) {
	if r.hang {
		<-ctx.Done()
		return
	}
	for _, a := range r.answers {
		fn(a)
	}
}

// plant makes the namespace under test and, with the same ids and rooms, another.
func plant(t *testing.T, nodes int, factory Factory) []node {
	make := func(namespace string) []node {
		out := make([]node, nodes)
		hosts := make([]adapter.Host, nodes)
		for i := range out {
			out[i].host = &recorder{news: make(chan struct{}, 1)}
			hosts[i] = out[i].host
		}
		for i, a := range factory(t, namespace, hosts) {
			out[i].Adapter = a
			t.Cleanup(func() { require.NoError(t, a.Close()) })
		}
		return out
	}
	other := make("/other")
	for _, n := range other {
		for _, id := range []string{"a", "b", "c"} {
			m := &Member{Name: id}
			n.Add(m)
			n.Join(m, "r", "s", "t")
		}
	}
	t.Cleanup(func() {
		for _, n := range other {
			require.Equal(t, 3, n.Len())
			require.Len(t, ids(n, adapter.Target{Rooms: []string{"r"}}), 3)
			require.Empty(t, n.host.ops)
		}
	})
	return make("/under-test")
}

// ids is whom a target means, sorted; twice if met twice.
func ids(a adapter.Adapter, t adapter.Target) []string {
	out := []string{}
	a.Each(t, func(m adapter.Member) { out = append(out, m.ID()) })
	slices.Sort(out)
	return out
}

// add adds members by name, each to the rooms given after a colon-free name.
func add(a adapter.Adapter, name string, rooms ...string) *Member {
	m := &Member{Name: name}
	a.Add(m)
	a.Join(m, rooms...)
	return m
}

func to(rooms ...string) adapter.Target { return adapter.Target{Rooms: rooms} }

func except(t adapter.Target, rooms ...string) adapter.Target {
	t.Except = rooms
	return t
}

// many is a room of n members m0, m1, ….
func many(a adapter.Adapter, n int, room string) []*Member {
	out := make([]*Member, n)
	for i := range out {
		out[i] = add(a, fmt.Sprintf("m%d", i), room)
	}
	return out
}
