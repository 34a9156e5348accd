package main

import (
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"strings"
)

// row is a line of the table of figures.
type row struct {
	title  string
	name   string
	format string
}

var rows = []row{
	{"2,000 rooms of 3, 64 in flight: µs per broadcast", smallCPU, "%.1f"},
	{"room of 1,000, one at a time: CPU s per million", oneCPU, "%.2f"},
	{"room of 1,000, 8 in flight: CPU s per million", eightCPU, "%.2f"},
	{"room of 10,000, 4 in flight: CPU s per million", bigCPU, "%.2f"},
	{"the same: peak resident memory, MiB", bigPeak, "%.0f"},
	{"ack round trips, 100 connections: CPU s per million", ackCPU, "%.1f"},
	{"resident memory per connection, KiB", memory, "%.1f"},
	{"connect and CONNECT: CPU ms", connectCPU, "%.3f"},
	{"rooms of 3, 1,000 broadcasts a second: p50 in µs", pacedLatency, "%.0f"},
	{"the same: p99 in µs", pacedTail, "%.0f"},
	{"the same: CPU s per million", pacedCPU, "%.0f"},
}

// goal is that ours is at most factor times a peer's; without a peer, at most
// factor itself.
type goal struct {
	work   string
	name   string
	peer   string
	factor float64
}

var goals = []goal{
	{"2,000 rooms of 3, 64 in flight", smallCPU, "floor", 1.4},
	{"", smallCPU, "uws", 0.7},
	{"", smallCPU, "node", 0.25},
	{"", smallCPU, "centrifuge", 0.5},
	{"room of 1,000, one at a time", oneCPU, "floor", 1.3},
	{"", oneCPU, "node", 0.5},
	{"room of 1,000, 8 in flight", eightCPU, "floor", 1.6},
	{"", eightCPU, "uws", 1},
	{"room of 10,000, 4 in flight", bigCPU, "floor", 1.5},
	{"", bigPeak, "uws", 0.7},
	{"ack round trips, 100 connections", ackCPU, "floor", 1.4},
	{"", ackCPU, "uws", 0.55},
	{"resident memory per connection, KiB", memory, "", 9},
	{"", memory, "every peer", 1},
	{"CPU per connect, ms", connectCPU, "", 0.09},
	{"", connectCPU, "every peer", 1},
	{"rooms of 3 at 1,000 a second: p50", pacedLatency, "floor", 1.3},
}

// report is RESULTS.md.
func (r *runner) report(rounds int, storm string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# Socket.IO server: results\n\nWritten by `make bench-socketio`. %s\n\n", machine())
	fmt.Fprintf(&b, "Medians of %d interleaved rounds, each piece of work measured for %v after a warm-up. The server has one core, the generator the other. CPU is user and system time of the server's process as the kernel accounts it; memory is Rss of smaps_rollup, 5 s after the last join, less that of the server without connections. A payload is about 230 bytes. What else ran on the machine moves the absolute figures; compare within this table.\n\n", rounds, r.length)
	b.WriteString("The floor answers the same requests without checking anything: it is what writing the frames costs. Centrifuge speaks its own JSON protocol.\n\n| |")
	for _, p := range r.peers {
		b.WriteString(" " + p.title + " |")
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(r.peers)) + "\n")
	for _, row := range rows {
		b.WriteString("| " + row.title + " |")
		for _, p := range r.peers {
			b.WriteString(" " + shown(row.format, r.results[p.name].median(row.name)) + " |")
		}
		b.WriteString("\n")
	}
	b.WriteString("\n## Goals\n\n| work | goal | reached | |\n|---|---|---|---|\n")
	for _, g := range goals {
		b.WriteString(r.judge(g))
	}
	if storm != "" {
		verdict, rest, _ := strings.Cut(storm, ": ")
		fmt.Fprintf(&b, "| %d × %d connects on two cores, each client sending at once | no handshake hangs, nothing lost or out of order | %s | %s |\n", stormRounds, stormClients, rest, verdict)
	}
	for _, p := range r.peers {
		if why := r.results[p.name].failed; why != "" {
			fmt.Fprintf(&b, "\nIn some rounds %s failed, which have no figures: %s\n", p.title, why)
		}
	}
	return b.String()
}

func shown(format string, v float64) string {
	if v == 0 {
		return "–"
	}
	return fmt.Sprintf(format, v)
}

// judge is a goal's line.
func (r *runner) judge(g goal) string {
	ours := r.results["ours"].median(g.name)
	limit, against := g.factor, fmt.Sprintf("at most %g", g.factor)
	reached := fmt.Sprintf("%.3g", ours)
	switch g.peer {
	case "":
	case "every peer":
		against, limit = "below every peer", 0
		for _, p := range r.peers {
			v := r.results[p.name].median(g.name)
			if p.name != "ours" && p.name != "floor" && v > 0 && (limit == 0 || v < limit) {
				limit, reached = v, fmt.Sprintf("%.3g; the next is %s with %.3g", ours, p.title, v)
			}
		}
	default:
		theirs := r.results[g.peer].median(g.name)
		limit = g.factor * theirs
		against = fmt.Sprintf("at most %g × %s", g.factor, r.title(g.peer))
		if theirs > 0 {
			reached = fmt.Sprintf("%.2f ×", ours/theirs)
		}
	}
	floor := r.results["floor"].median(g.name)
	verdict := "**not met**"
	switch {
	case ours == 0 || limit == 0:
		verdict, reached = "not measured", "–"
	case ours <= limit:
		verdict = "met"
	case floor > limit:
		// The same writes are made below us, so nobody who makes them meets it.
		verdict += fmt.Sprintf("; in this run out of reach: the floor itself is at %.2f ×", floor/limit*g.factor)
	}
	return fmt.Sprintf("| %s | %s | %s | %s |\n", g.work, against, reached, verdict)
}

func (r *runner) title(name string) string {
	for _, p := range r.peers {
		if p.name == name {
			return p.title
		}
	}
	return name
}

// machine tells what was measured on and with.
func machine() string {
	said := func(name string, args ...string) string {
		out, _ := exec.Command(name, args...).Output()
		return strings.TrimSpace(string(out))
	}
	cpu := "unknown CPU"
	info, _ := os.ReadFile("/proc/cpuinfo")
	for line := range strings.Lines(string(info)) {
		if name, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(name) == "model name" {
			cpu = strings.TrimSpace(value)
			break
		}
	}
	versions := []string{runtime.Version(), "Node " + said("node", "--version"), "socket.io 4.8.4", "uwebsockets (uWebSockets.js re-published on npm) 3.0.6"}
	for _, module := range []string{"github.com/centrifugal/centrifuge", "github.com/zishang520/socket.io/servers/socket/v3"} {
		versions = append(versions, said("go", "list", "-m", module))
	}
	return fmt.Sprintf("Machine: %s, %s cores, Linux %s. Versions: %s.", cpu, said("nproc", "--all"), said("uname", "-r"), strings.Join(versions, ", "))
}
