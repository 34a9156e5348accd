package bridge_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/agentportal/portal/internal/whatsapp"
)

// provider is a Cloud API with moods. What becomes of a call depends on the seed,
// the message and how often it was called for, not on who comes first.
type provider struct {
	seed   uint64
	tame   atomic.Bool // accepts everything
	heard  func(*call) // as soon as a call was taken
	server *http.Server
	door   *door

	mu    sync.Mutex
	calls []*call
	times map[string]int // text → calls
}

// call is one message that the provider has been asked to send.
type call struct {
	tenant, to, text string
	sender           int    // which of the senders called
	mood             string // what it is answered
	wamid            string // the customer has got it under this name; "" for not
	told             bool   // an answer goes back that settles the message
	over             atomic.Bool
}

// moods are how a call may end, some more likely than others.
var moods = []string{"accepted", "accepted", "accepted", "accepted", "accepted", "accepted", "accepted", "slow", "slow",
	"refused", "refused", "500", "500", "503", "429", "429", "hangs", "breaks", "breaks", "half", "nameless"}

func newProvider(seed uint64, heard func(*call)) *provider {
	p := &provider{seed: seed, heard: heard, door: newDoor(), times: map[string]int{}}
	p.server = &http.Server{Handler: p, ReadHeaderTimeout: time.Minute, ConnContext: func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, callerKey{}, c.(*serverEnd).caller)
	}}
	go func() { _ = p.server.Serve(p.door) }()
	return p
}

type callerKey struct{}

// take notes a call and makes up its mind.
func (p *provider) take(r *http.Request) (*call, *rand.Rand, error) {
	var sent whatsapp.SendRequest
	if err := json.NewDecoder(r.Body).Decode(&sent); err != nil {
		return nil, nil, err // it broke on its way: not taken
	}
	c := &call{to: sent.To, text: sent.Text.Body, sender: r.Context().Value(callerKey{}).(int)}
	c.tenant = strings.TrimPrefix(strings.Split(r.URL.Path, "/")[2], numberOf(""))
	p.mu.Lock()
	defer p.mu.Unlock()
	p.times[c.text]++
	name := fnv.New64a()
	_, _ = name.Write([]byte(c.text)) // never fails
	mind := rand.New(rand.NewPCG(p.seed, name.Sum64()+uint64(p.times[c.text])))
	if c.mood = moods[mind.IntN(len(moods))]; p.tame.Load() {
		c.mood = "accepted"
	}
	switch c.mood {
	case "accepted", "slow":
		c.told = true
		fallthrough
	case "hangs", "breaks", "half":
		c.wamid = fmt.Sprintf("out.%s.%d", c.text, p.times[c.text])
	case "refused":
		c.told = true
	}
	p.calls = append(p.calls, c)
	return c, mind, nil
}

// ServeHTTP answers a call, or doesn't.
func (p *provider) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	c, mind, err := p.take(r)
	if err != nil {
		return
	}
	defer c.over.Store(true)
	p.heard(c)
	switch c.mood {
	case "slow":
		select {
		case <-time.After(time.Duration(1+mind.IntN(9)) * time.Second):
		case <-r.Context().Done():
			return
		}
	case "hangs":
		<-r.Context().Done()
	case "refused":
		answer(w, 400, `{"error":{"code":131026,"message":"Undeliverable"}}`)
		return
	case "500":
		answer(w, 500, `{"error":{"code":131016,"message":"Service unavailable"}}`)
		return
	case "503":
		answer(w, 503, "<html>")
		return
	case "429":
		w.Header().Set("Retry-After", fmt.Sprint(mind.IntN(40)))
		answer(w, 429, `{}`)
		return
	case "breaks":
		panic(http.ErrAbortHandler)
	case "half":
		w.Header().Set("Content-Length", "1000")
		answer(w, 200, `{"messages":[{"id":"`)
		panic(http.ErrAbortHandler)
	case "nameless":
		answer(w, 200, `{"messages":[]}`)
		return
	}
	answer(w, 200, fmt.Sprintf(`{"messages":[{"id":%q}]}`, c.wamid))
}

func answer(w http.ResponseWriter, status int, body string) {
	w.WriteHeader(status)
	_, _ = w.Write([]byte(body)) // who has gone doesn't hear it
}

// all are the calls so far, in the order in which they were taken.
func (p *provider) all() []*call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]*call{}, p.calls...)
}

// door is a network within the test's own time.
type door struct {
	come   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func newDoor() *door { return &door{come: make(chan net.Conn), closed: make(chan struct{})} }

func (d *door) Accept() (net.Conn, error) {
	select {
	case c := <-d.come:
		return c, nil
	case <-d.closed:
		return nil, net.ErrClosed
	}
}

func (d *door) Close() error {
	d.once.Do(func() { close(d.closed) })
	return nil
}

func (d *door) Addr() net.Addr { return &net.IPAddr{} }

// serverEnd is the provider's end of a connection; it tells who called.
type serverEnd struct {
	net.Conn
	caller int
}

// wire is one sender's way to the provider, which may be cut.
type wire struct {
	caller int
	door   *door

	mu    sync.Mutex
	cut   bool
	conns []net.Conn
}

var errCut = errors.New("the wire is cut")

func (w *wire) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.cut {
		return nil, errCut
	}
	ours, theirs := net.Pipe()
	w.conns = append(w.conns, ours)
	select {
	case w.door.come <- &serverEnd{theirs, w.caller}:
		return ours, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// sever breaks what there is and lets nothing more through.
func (w *wire) sever() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cut = true
	for _, c := range w.conns {
		_ = c.Close() // as a process's end does
	}
}
