package adapter

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
)

// Memory keeps the rooms of one node. Its zero value is ready.
//
// A room is a slice of members, so that Each reads it without a lock and
// without copying: joining only ever appends behind what a reader sees, and
// leaving copies first if a reader may be at work.
type Memory struct {
	mu    sync.RWMutex
	rooms map[string]*room
	byID  map[string]Member
	all   room
}

// room is a set of members, each of which knows its place in it.
type room struct {
	name    string
	members []Member
	read    atomic.Bool // a reader may hold members
}

// Membership is a member's rooms. Its zero value is ready; it is guarded by the
// Memory that the member was added to.
type Membership struct {
	places []place
	state  byte
}

const (
	unknown byte = iota
	known
	removed
)

// place says that the member is rooms.members[at].
type place struct {
	room *room
	at   int
}

// NewMemory makes an empty Memory.
func NewMemory() *Memory { return &Memory{} }

// Add implements Adapter.
func (a *Memory) Add(m Member) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ms := m.Membership()
	if ms.state != unknown {
		return
	}
	ms.state = known
	if a.byID == nil {
		a.byID = make(map[string]Member)
	}
	a.byID[m.ID()] = m
	a.all.add(m, ms)
}

// Remove implements Adapter.
func (a *Memory) Remove(m Member) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ms := m.Membership()
	if ms.state == known {
		for len(ms.places) > 0 {
			a.drop(m, ms, len(ms.places)-1)
		}
		if a.byID[m.ID()] == m {
			delete(a.byID, m.ID())
		}
	}
	ms.state, ms.places = removed, nil
}

// Join implements Adapter.
func (a *Memory) Join(m Member, rooms ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ms := m.Membership()
	if ms.state != known {
		return
	}
	for _, name := range rooms {
		if name == m.ID() || ms.find(name) >= 0 {
			continue
		}
		r := a.rooms[name]
		if r == nil {
			if a.rooms == nil {
				a.rooms = make(map[string]*room)
			}
			r = &room{name: name}
			a.rooms[name] = r
		}
		r.add(m, ms)
	}
}

// Leave implements Adapter. A socket can't leave the room of its own id.
func (a *Memory) Leave(m Member, rooms ...string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	ms := m.Membership()
	for _, name := range rooms {
		if i := ms.find(name); i >= 0 {
			a.drop(m, ms, i)
		}
	}
}

// Rooms implements Adapter.
func (a *Memory) Rooms(m Member) []string {
	a.mu.RLock()
	defer a.mu.RUnlock()
	ms := m.Membership()
	if len(ms.places) < 2 {
		return nil
	}
	names := make([]string, 0, len(ms.places)-1)
	for _, p := range ms.places[1:] {
		names = append(names, p.room.name)
	}
	return names
}

// Each implements Adapter.
func (a *Memory) Each(t Target, fn func(Member)) {
	members, except := a.choose(t)
	for _, m := range members {
		if len(except) == 0 || !slices.Contains(except, m) {
			fn(m)
		}
	}
}

// Len implements Adapter.
func (a *Memory) Len() int {
	a.mu.RLock()
	defer a.mu.RUnlock()
	return len(a.all.members)
}

// RoomSize is how many sockets are in a room.
func (a *Memory) RoomSize(name string) int {
	a.mu.RLock()
	defer a.mu.RUnlock()
	if r := a.rooms[name]; r != nil {
		return len(r.members)
	}
	return 0
}

// Publish implements Adapter: there is no other node.
func (a *Memory) Publish(context.Context, Target, Op) error { return nil }

// Ask implements Adapter: there is no other node.
func (a *Memory) Ask(context.Context, Target, Question, func(Answer)) error { return nil }

// Close implements Adapter.
func (a *Memory) Close() error { return nil }

// fewExcept is up to how many excepted members are looked up one by one.
const fewExcept = 8

// choose is the members that t means, apart from those in except.
func (a *Memory) choose(t Target) (members, except []Member) {
	a.mu.RLock()
	defer a.mu.RUnlock()
	except = a.except(t.Except)
	if len(t.Rooms) == 0 {
		members = a.all.snapshot()
	} else {
		members = a.union(t.Rooms)
	}
	if len(except) <= fewExcept {
		return members, except
	}
	out := make(map[Member]struct{}, len(except))
	for _, m := range except {
		out[m] = struct{}{}
	}
	kept := make([]Member, 0, len(members))
	for _, m := range members {
		if _, skip := out[m]; !skip {
			kept = append(kept, m)
		}
	}
	return kept, nil
}

// except is the members of the rooms, some of them more than once.
func (a *Memory) except(rooms []string) []Member {
	var out []Member
	for _, name := range rooms {
		out = append(out, a.in(name)...)
	}
	return out
}

// union is the members of the rooms, each once.
func (a *Memory) union(rooms []string) []Member {
	if len(rooms) == 1 {
		return a.in(rooms[0])
	}
	var out []Member
	seen := make(map[Member]struct{})
	for _, name := range rooms {
		for _, m := range a.in(name) {
			if _, dup := seen[m]; !dup {
				seen[m] = struct{}{}
				out = append(out, m)
			}
		}
	}
	return out
}

// in is the members of a room, or the one of that id.
func (a *Memory) in(name string) []Member {
	var members []Member
	if r := a.rooms[name]; r != nil {
		members = r.snapshot()
	}
	if m := a.byID[name]; m != nil && !slices.Contains(members, m) {
		members = append(members, m) // a snapshot has no room to spare: this copies
	}
	return members
}

// drop takes a member out of the room of its place i, and forgets an empty room.
func (a *Memory) drop(m Member, ms *Membership, i int) {
	p := ms.places[i]
	ms.places = slices.Delete(ms.places, i, i+1)
	p.room.remove(p.at)
	if len(p.room.members) == 0 && p.room != &a.all {
		delete(a.rooms, p.room.name)
	}
}

// find is the index of a room among the places, or -1. The first place is the
// room of all.
func (ms *Membership) find(name string) int {
	for i := 1; i < len(ms.places); i++ {
		if ms.places[i].room.name == name {
			return i
		}
	}
	return -1
}

func (r *room) add(m Member, ms *Membership) {
	ms.places = append(ms.places, place{r, len(r.members)})
	r.members = append(r.members, m)
}

// snapshot is the members, not to be changed.
func (r *room) snapshot() []Member {
	r.read.Store(true)
	return r.members[:len(r.members):len(r.members)]
}

// remove fills the gap at i with the last member.
func (r *room) remove(i int) {
	if r.read.Swap(false) {
		r.members = slices.Clone(r.members)
	}
	last := len(r.members) - 1
	moved := r.members[last]
	r.members[last] = nil
	r.members = r.members[:last]
	if i == last {
		return
	}
	r.members[i] = moved
	places := moved.Membership().places
	for j := range places {
		if places[j].room == r {
			places[j].at = i
			return
		}
	}
}
