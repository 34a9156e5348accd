package adaptertest

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal/socketio/adapter"
)

var clusterCases = []testCase{
	{"SIO-58 an operation reaches the other nodes, in order", publish},
	{"SIO-58 a question is answered by the other nodes", ask},
	{"SIO-58 a question ends with its context", askForever},
}

// patience bounds how long another node may take.
const patience = 5 * time.Second

func publish(t *testing.T, nodes []node) {
	target := except(to("r", "s"), "t")
	sent := []adapter.Op{
		{Emit: &adapter.Message{Text: []byte(`2["a"]`), Attachments: [][]byte{{0, 255}}, Volatile: true}},
		{Join: []string{"x"}}, {Leave: []string{"y"}}, {Disconnect: &adapter.Disconnect{Transport: true}},
	}
	for i := range 50 {
		sent = append(sent, adapter.Op{Join: []string{fmt.Sprint(i)}})
	}
	for _, op := range sent {
		require.NoError(t, nodes[0].Publish(t.Context(), target, op))
	}
	for _, n := range nodes[1:] {
		got := n.host.wait(t, len(sent))
		require.Equal(t, sent, got)
		require.Equal(t, target, n.host.at[0])
	}
	require.Empty(t, nodes[0].host.ops, "the node itself has done it already")
}

// wait waits until the host has been given n operations.
func (r *recorder) wait(t *testing.T, n int) []adapter.Op {
	late := time.After(patience)
	for {
		r.mu.Lock()
		ops := r.ops
		r.mu.Unlock()
		if len(ops) >= n {
			return ops
		}
		select {
		case <-r.news:
		case <-late:
			t.Fatalf("%d of %d operations", len(ops), n)
		}
	}
}

func ask(t *testing.T, nodes []node) {
	want := map[string]adapter.Answer{}
	for i, n := range nodes {
		n.host.answers = []adapter.Answer{
			{SocketID: fmt.Sprint("a", i), Rooms: []string{"r"}, Data: json.RawMessage(`{"x":1}`)},
			{SocketID: fmt.Sprint("b", i), Args: []json.RawMessage{json.RawMessage(`1`)}, Attachments: [][]byte{{1}}},
			{SocketID: fmt.Sprint("c", i), Missing: true},
		}
		for _, a := range n.host.answers {
			if i > 0 {
				want[a.SocketID] = a
			}
		}
	}
	got := map[string]adapter.Answer{}
	err := nodes[0].Ask(t.Context(), to("r"), adapter.Question{Event: "e"}, func(a adapter.Answer) { got[a.SocketID] = a })
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func askForever(t *testing.T, nodes []node) {
	for _, n := range nodes {
		n.host.hang = true
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	_ = nodes[0].Ask(ctx, to(), adapter.Question{}, func(adapter.Answer) {})
	require.Error(t, ctx.Err(), "it waited for the nodes")
}
