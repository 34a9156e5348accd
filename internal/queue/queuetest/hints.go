package queuetest

import (
	"context"
	"crypto/rand"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/internal/queue"
)

// RunHints runs the suite of hints. open makes a node of a group.
func RunHints(t *testing.T, open func(t *testing.T, group string) queue.Hints) {
	group := func(t *testing.T, name string, nodes int) (list []*Node) {
		for range nodes {
			list = append(list, RunNode(t, open(t, name)))
		}
		Acquainted(t, list...)
		return list
	}
	t.Run("Q-40 every other node hears, in order, and not the teller", func(t *testing.T) {
		nodes := group(t, "test-"+rand.Text(), 3)
		for i := range 100 {
			nodes[0].Tell(queue.Hint{Kind: "n", Body: fmt.Append(nil, i)})
			nodes[1].Tell(queue.Hint{Kind: "m", Body: fmt.Append(nil, i)})
		}
		for i, n := range nodes {
			for teller, kind := range []string{"n", "m"} {
				if i == teller {
					require.Empty(t, n.heardOf(kind))
					continue
				}
				n.until(t, kind, "99")
				require.Len(t, n.heardOf(kind), 100)
				require.True(t, slices.IsSortedFunc(n.heardOf(kind), func(a, b string) int {
					return len(a)*1000 - len(b)*1000 + slices.Compare([]byte(a), []byte(b))
				}), n.heardOf(kind))
			}
		}
	})
	t.Run("Q-41 groups don't hear each other", func(t *testing.T) {
		ours, theirs := group(t, "test-"+rand.Text(), 2), group(t, "test-"+rand.Text(), 2)
		ours[0].Tell(queue.Hint{Kind: "k", Body: []byte("ours")})
		theirs[0].Tell(queue.Hint{Kind: "k", Body: []byte("theirs")})
		ours[1].until(t, "k", "ours")
		theirs[1].until(t, "k", "theirs")
		require.Equal(t, []string{"ours"}, ours[1].heardOf("k"))
		require.Equal(t, []string{"theirs"}, theirs[1].heardOf("k"))
	})
	t.Run("Q-42 of one key the last goes out", func(t *testing.T) {
		nodes := group(t, "test-"+rand.Text(), 2)
		const n = 20_000
		for i := range n {
			nodes[0].Tell(queue.Hint{Kind: "moved", Key: "acme", Body: fmt.Append(nil, i)})
			nodes[0].Tell(queue.Hint{Kind: "moved", Key: "globex", Body: fmt.Append(nil, -i)})
		}
		nodes[1].until(t, "moved", fmt.Sprint(n-1))
		nodes[1].until(t, "moved", fmt.Sprint(1-n))
	})
}

// Node is a node that hears.
type Node struct {
	queue.Hints
	mu    sync.Mutex
	heard []queue.Hint
}

// RunNode runs hints until the test is over.
func RunNode(t *testing.T, h queue.Hints) *Node {
	n := &Node{Hints: h}
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	var running sync.WaitGroup
	running.Go(func() {
		_ = h.Run(ctx, func(hint queue.Hint) {
			n.mu.Lock()
			defer n.mu.Unlock()
			n.heard = append(n.heard, hint)
		})
	})
	t.Cleanup(func() { cancel(); running.Wait() })
	return n
}

// Acquainted waits until each of the nodes hears all the others.
func Acquainted(t *testing.T, nodes ...*Node) {
	t.Helper()
	word := rand.Text()
	require.Eventually(t, func() bool {
		all := true
		for i, n := range nodes {
			n.Tell(queue.Hint{Kind: "hello " + word, Body: fmt.Append(nil, i)})
			for j := range nodes {
				all = all && (i == j || slices.Contains(n.heardOf("hello "+word), fmt.Sprint(j)))
			}
		}
		return all
	}, patience, 20*time.Millisecond, "the nodes don't hear each other")
}

// heardOf is what came of a kind, in order.
func (n *Node) heardOf(kind string) (bodies []string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, h := range n.heard {
		if h.Kind == kind {
			bodies = append(bodies, string(h.Body))
		}
	}
	return bodies
}

func (n *Node) until(t *testing.T, kind, body string) {
	t.Helper()
	require.Eventually(t, func() bool { return slices.Contains(n.heardOf(kind), body) }, patience, 5*time.Millisecond, "%s %s", kind, body)
}
