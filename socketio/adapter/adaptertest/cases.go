package adaptertest

import (
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/agentportal/portal/socketio/adapter"
)

type testCase struct {
	name string
	run  func(t *testing.T, nodes []node)
}

var cases = []testCase{
	{"SIO-50 rooms", rooms},
	{"SIO-50 a union meets each member once", union},
	{"SIO-50 except", exceptions},
	{"SIO-50 an id is a room of its own", ownRoom},
	{"SIO-51 removed for good", removal},
	{"SIO-51 the later of two with one id", sameID},
	{"SIO-52 Each goes on while rooms change", reentrant},
	{"SIO-52 changes from everywhere", churn},
	{"SIO-50 as a plain map would do it", model},
}

func rooms(t *testing.T, nodes []node) {
	n := nodes[0]
	require.Empty(t, ids(n, to()))
	a := add(n, "a", "r", "s", "r")
	b := add(n, "b", "r")
	add(n, "c")
	require.Equal(t, 3, n.Len())
	require.Equal(t, []string{"a", "b", "c"}, ids(n, to()))
	require.Equal(t, []string{"a", "b"}, ids(n, to("r")))
	require.Equal(t, []string{"a"}, ids(n, to("s")))
	require.Empty(t, ids(n, to("none")))
	require.Equal(t, []string{"r", "s"}, n.Rooms(a))

	n.Leave(a, "r", "none")
	require.Equal(t, []string{"s"}, n.Rooms(a))
	require.Equal(t, []string{"b"}, ids(n, to("r")))
	n.Leave(b, "r")
	require.Empty(t, n.Rooms(b))
	require.Empty(t, ids(n, to("r")))
	for _, other := range nodes[1:] {
		require.Zero(t, other.Len())
	}
}

func union(t *testing.T, nodes []node) {
	n := nodes[0]
	add(n, "a", "r", "s", "t")
	add(n, "b", "s", "t")
	add(n, "c", "t")
	require.Equal(t, []string{"a", "b"}, ids(n, to("r", "s")))
	require.Equal(t, []string{"a", "b", "c"}, ids(n, to("r", "s", "t", "t", "none")))
	require.Equal(t, []string{"a", "c"}, ids(n, to("r", "c")))
}

func exceptions(t *testing.T, nodes []node) {
	n := nodes[0]
	add(n, "a", "r", "s")
	add(n, "b", "r")
	add(n, "c", "t")
	require.Equal(t, []string{"b"}, ids(n, except(to("r"), "s")))
	require.Equal(t, []string{"b", "c"}, ids(n, except(to(), "s")))
	require.Equal(t, []string{"a"}, ids(n, except(to("r"), "b", "t", "none")))
	require.Empty(t, ids(n, except(to("r"), "r")))
	crowd := many(n, 40, "r")
	n.Join(crowd[7], "quiet")
	require.Equal(t, []string{"a", "b", "m7"}, ids(n, except(to("r"), names(crowd, 7)...)))
}

// names is the members' ids but one.
func names(members []*Member, but int) []string {
	var out []string
	for i, m := range members {
		if i != but {
			out = append(out, m.Name)
		}
	}
	return out
}

func ownRoom(t *testing.T, nodes []node) {
	n := nodes[0]
	a := add(n, "a", "a")
	b := add(n, "b")
	require.Equal(t, []string{"a"}, ids(n, to("a")))
	require.Empty(t, n.Rooms(a), "its own room is not listed")
	n.Leave(a, "a")
	require.Equal(t, []string{"a"}, ids(n, to("a")), "nor left")
	n.Join(b, "a")
	require.Equal(t, []string{"a", "b"}, ids(n, to("a")), "others may join it")
}

func removal(t *testing.T, nodes []node) {
	n := nodes[0]
	a, b := add(n, "a", "r", "s"), add(n, "b", "r")
	n.Remove(a)
	n.Remove(a)
	n.Join(a, "r")
	n.Add(a)
	require.Empty(t, n.Rooms(a))
	require.Equal(t, []string{"b"}, ids(n, to()))
	require.Equal(t, []string{"b"}, ids(n, to("r")))
	require.Empty(t, ids(n, to("a")))
	stranger := &Member{Name: "x"}
	n.Join(stranger, "r")
	n.Leave(stranger, "r")
	require.Equal(t, []string{"b"}, ids(n, to("r")))
	n.Remove(b)
	require.Zero(t, n.Len())
}

func sameID(t *testing.T, nodes []node) {
	n := nodes[0]
	old := add(n, "a", "r")
	next := add(n, "a", "s")
	n.Remove(old)
	met := []adapter.Member{}
	n.Each(to("a"), func(m adapter.Member) { met = append(met, m) })
	require.Equal(t, []adapter.Member{next}, met)
	require.Empty(t, ids(n, to("r")))
}

func reentrant(t *testing.T, nodes []node) {
	n := nodes[0]
	crowd := many(n, 100, "r")
	met := 0
	n.Each(to("r"), func(m adapter.Member) {
		met++
		n.Leave(m, "r")
		n.Join(m, "s")
		if m == adapter.Member(crowd[3]) {
			for _, other := range crowd[50:] {
				n.Remove(other)
			}
		}
	})
	require.Equal(t, 100, met, "who was in the room when Each began")
	require.Empty(t, ids(n, to("r")))
	require.Subset(t, ids(n, to()), ids(n, to("s")))
	require.Equal(t, 50, n.Len())
}

func churn(t *testing.T, nodes []node) {
	n := nodes[0]
	resident := add(n, "resident", "r", "s")
	var wait sync.WaitGroup
	for w := range 8 {
		wait.Go(func() {
			for i := range 200 {
				m := add(n, fmt.Sprintf("w%d-%d", w, i), "r")
				n.Join(m, "s", "t")
				met := 0
				n.Each(to("r", "s"), func(o adapter.Member) {
					if o == adapter.Member(resident) {
						met++
					}
				})
				if met != 1 {
					t.Errorf("the resident was met %d times", met)
				}
				n.Leave(m, "r")
				n.Remove(m)
			}
		})
	}
	wait.Wait()
	require.Equal(t, []string{"resident"}, ids(n, to("r")))
	require.Equal(t, []string{"resident"}, ids(n, to()))
	require.Empty(t, ids(n, to("t")))
}

// model compares with a map of sets through random changes.
func model(t *testing.T, nodes []node) {
	n := nodes[0]
	rapid.Check(t, func(t *rapid.T) {
		in := map[*Member][]string{}
		room := rapid.SampledFrom([]string{"r", "s", "t", "u"})
		pick := func() *Member {
			if len(in) == 0 {
				return nil
			}
			all := []*Member{}
			for m := range in {
				all = append(all, m)
			}
			slices.SortFunc(all, func(a, b *Member) int { return len(a.Name)*100 - len(b.Name)*100 + int(a.Name[0]) - int(b.Name[0]) })
			return all[rapid.IntRange(0, len(all)-1).Draw(t, "who")]
		}
		next := 0
		t.Repeat(map[string]func(*rapid.T){
			"add": func(*rapid.T) { next++; in[add(n, fmt.Sprintf("%d", next))] = nil },
			"join": func(t *rapid.T) {
				if m, r := pick(), room.Draw(t, "room"); m != nil {
					n.Join(m, r)
					if !slices.Contains(in[m], r) {
						in[m] = append(in[m], r)
					}
				}
			},
			"leave": func(t *rapid.T) {
				if m, r := pick(), room.Draw(t, "room"); m != nil {
					n.Leave(m, r)
					in[m] = slices.DeleteFunc(in[m], func(s string) bool { return s == r })
				}
			},
			"remove": func(*rapid.T) {
				if m := pick(); m != nil {
					n.Remove(m)
					delete(in, m)
				}
			},
			"": func(t *rapid.T) { compare(t, n, in) },
		})
		for m := range in {
			n.Remove(m)
		}
	})
}

func compare(t *rapid.T, n node, in map[*Member][]string) {
	for m, want := range in {
		if got := n.Rooms(m); !slices.Equal(got, want) {
			t.Fatalf("rooms of %s: %v, want %v", m.Name, got, want)
		}
	}
	for _, target := range []adapter.Target{to(), to("r"), to("r", "s"), except(to(), "t"), except(to("s", "u"), "r", "t")} {
		want := []string{}
		for m, rooms := range in {
			is := func(r string) bool { return slices.Contains(rooms, r) }
			if (len(target.Rooms) == 0 || slices.ContainsFunc(target.Rooms, is)) && !slices.ContainsFunc(target.Except, is) {
				want = append(want, m.Name)
			}
		}
		slices.Sort(want)
		if got := ids(n, target); !slices.Equal(got, want) {
			t.Fatalf("%v: %v, want %v", target, got, want)
		}
	}
}
