package adaptertest

import (
	"context"
	"slices"
	"sync"

	"github.com/agentportal/portal/socketio/adapter"
)

// Hub joins servers of one process as if they were nodes: give its Adapter to
// the Config of each. It is also the pattern of an adapter for several nodes.
type Hub struct {
	mu    sync.Mutex
	nodes map[string][]*hubNode // by namespace
}

// hubNode keeps the rooms of its own sockets in the Memory it embeds.
type hubNode struct {
	*adapter.Memory
	hub       *Hub
	namespace string
	host      adapter.Host
}

// Adapter fits socketio.Config.
func (h *Hub) Adapter(namespace string, host adapter.Host) adapter.Adapter {
	n := &hubNode{Memory: adapter.NewMemory(), hub: h, namespace: namespace, host: host}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.nodes == nil {
		h.nodes = make(map[string][]*hubNode)
	}
	h.nodes[namespace] = append(h.nodes[namespace], n)
	return n
}

// Publish implements adapter.Adapter.
func (n *hubNode) Publish(_ context.Context, t adapter.Target, op adapter.Op) error {
	for _, o := range n.others() {
		o.host.Apply(t, op)
	}
	return nil
}

// Ask implements adapter.Adapter.
func (n *hubNode) Ask(ctx context.Context, t adapter.Target, q adapter.Question, fn func(adapter.Answer)) error {
	var mu sync.Mutex
	var wait sync.WaitGroup
	for _, o := range n.others() {
		wait.Go(func() {
			o.host.Answer(ctx, t, q, func(a adapter.Answer) {
				mu.Lock()
				defer mu.Unlock()
				fn(a)
			})
		})
	}
	wait.Wait()
	return nil
}

// Close implements adapter.Adapter.
func (n *hubNode) Close() error {
	n.hub.mu.Lock()
	defer n.hub.mu.Unlock()
	n.hub.nodes[n.namespace] = slices.DeleteFunc(n.hub.nodes[n.namespace], func(o *hubNode) bool { return o == n })
	return nil
}

func (n *hubNode) others() []*hubNode {
	n.hub.mu.Lock()
	defer n.hub.mu.Unlock()
	var out []*hubNode
	for _, o := range n.hub.nodes[n.namespace] {
		if o != n {
			out = append(out, o)
		}
	}
	return out
}
