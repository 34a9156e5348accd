package main

import (
	"fmt"
	"os/exec"
	"strings"
	"time"
)

const (
	stormRounds  = 20
	stormClients = 4000
	stormEchoes  = 5
)

// storm has a separate process, on both cores, storm our server.
func (r *runner) storm(bin string) string {
	var ours peer
	for _, p := range r.peers {
		if p.name == "ours" {
			ours = p
		}
	}
	if ours.name == "" {
		return ""
	}
	srv, err := start(ours, "0,1")
	if err != nil {
		return err.Error()
	}
	defer srv.stop()
	out, err := exec.Command("taskset", "-c", "0,1", bin+"/bench", "-storm", srv.addr).CombinedOutput()
	if err != nil {
		return fmt.Sprintf("not met: %v: %s", err, out)
	}
	return strings.TrimSpace(string(out))
}

// stormMain connects clients in rounds, all of a round at once; each sends
// CONNECT and its events together with its upgrade request. Every one must get
// all answers, in order.
func stormMain(addr string) error {
	began := time.Now()
	var slowest time.Duration
	for round := range stormRounds {
		took, err := stormRound(addr, byte(2+round))
		if err != nil {
			return fmt.Errorf("round %d: %w", round+1, err)
		}
		slowest = max(slowest, took)
	}
	fmt.Printf("met: %d × %d connects with %d events each in %.1f s, the slowest round %.1f s; every answer came, in order\n",
		stormRounds, stormClients, stormEchoes, time.Since(began).Seconds(), slowest.Seconds())
	return nil
}

func stormRound(addr string, source byte) (time.Duration, error) {
	l, err := newLoop(addr, socketIO{})
	if err != nil {
		return 0, err
	}
	defer l.close()
	l.source = [4]byte{127, 0, 0, source} // the ports of one address don't suffice
	l.eager = appendFrame(nil, []byte("40"))
	for i := range stormEchoes {
		l.eager = appendFrame(l.eager, socketIO{}.echo(i+1, []byte(`{"n":1}`)))
	}
	answers, whole := make([]int, stormClients), 0
	var wrong error
	l.onAck = func(c *conn, id int) {
		if id != answers[c.id]+1 && wrong == nil {
			wrong = fmt.Errorf("client %d got answer %d after %d", c.id, id, answers[c.id])
		}
		if answers[c.id] = id; id == stormEchoes {
			whole++
		}
	}
	l.onGone = func(c *conn, err error) { wrong = fmt.Errorf("client %d was lost: %w", c.id, err) }
	began := time.Now()
	for range stormClients {
		if err := l.dial(); err != nil {
			return 0, err
		}
	}
	err = l.until("storming", func() bool { return whole == stormClients || wrong != nil })
	if err == nil {
		err = wrong
	}
	return time.Since(began), err
}
