// Command socketio-bench measures our Socket.IO server against its peers, one
// after another in interleaved rounds, and writes RESULTS.md. See run.sh.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// peer is a server that is measured.
type peer struct {
	name    string
	title   string
	command []string
	dialect dialect
}

// peers are the servers, the floor first.
func peers(bin, root string) []peer {
	node := []string{"node", filepath.Join(root, "peers/node/server.js"), "PORT"}
	return []peer{
		{"floor", "bare Go loop, joined writes", []string{filepath.Join(bin, "floor"), "ADDR"}, socketIO{}},
		{"ours", "ioserver (ours)", append([]string{filepath.Join(bin, "ioserver"), "--addr", "ADDR"}, strings.Fields(os.Getenv("IOSERVER_FLAGS"))...), socketIO{}},
		{"node", "Node, socket.io with ws", append(slices.Clone(node), "ws"), socketIO{}},
		{"uws", "Node, socket.io with uWebSockets", append(slices.Clone(node), "uws"), socketIO{}},
		{"centrifuge", "Centrifuge (Go)", []string{filepath.Join(bin, "centrifuge"), "ADDR"}, centrifuge{}},
		{"zishang520", "zishang520/socket.io v3 (Go)", []string{filepath.Join(bin, "zishang"), "ADDR"}, socketIO{}},
	}
}

func main() {
	rounds := flag.Int("rounds", 5, "how often everything is measured")
	only := flag.String("only", "", "comma-separated names of the peers to measure")
	work := flag.String("work", "", "comma-separated pieces of work: connect, small, one, eight, big, acks, paced, storm")
	length := flag.Duration("length", 2*time.Second, "how long each piece of work is measured")
	bin := flag.String("bin", "bin", "folder of the built servers")
	root := flag.String("root", ".", "folder of this program's sources")
	out := flag.String("out", "", "file to write the results to; none: standard output")
	cores := flag.String("cores", "0", "cores of the server, as taskset takes them")
	stormTo := flag.String("storm", "", "only storm the server at this address")
	flag.Parse()
	allowFiles()
	if *stormTo != "" {
		exit(stormMain(*stormTo))
	}
	r := &runner{cores: *cores, length: *length, work: *work, results: make(map[string]*figures)}
	for _, p := range peers(*bin, *root) {
		if *only == "" || slices.Contains(strings.Split(*only, ","), p.name) {
			r.peers = append(r.peers, p)
		}
	}
	for round := range *rounds {
		for i := range r.peers {
			p := r.peers[(i+round)%len(r.peers)] // each has every place in turn
			if err := r.measure(p); err != nil {
				fmt.Fprintf(os.Stderr, "%s: %v\n", p.name, err)
				r.results[p.name].failed = err.Error()
			}
			fmt.Fprintf(os.Stderr, "round %d of %d, %s: %s\n", round+1, *rounds, p.name, r.results[p.name].last())
		}
	}
	storm := ""
	if r.does("storm") {
		storm = r.storm(*bin)
	}
	report := r.report(*rounds, storm)
	if *out == "" {
		fmt.Print(report)
		return
	}
	exit(os.WriteFile(*out, []byte(report), 0o644))
}

func exit(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
	os.Exit(0)
}
