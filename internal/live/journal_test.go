package live_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
)

// journal is what nodes have told of their clients, for whoever has to find out
// why a schedule failed.
type journal struct {
	mu    sync.Mutex
	lines map[string][]string // by tenant and user
}

// of are a user's lines, or, under "", what was told of the tenant alone.
func (j *journal) of(tenant, user string) []string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append(append([]string{}, j.lines[tenant+" "+user]...), j.lines[tenant+" "]...)
}

// nodeLog is a node's logger that writes into the journal.
type nodeLog struct {
	journal *journal
	node    string
}

func (l *nodeLog) Enabled(context.Context, slog.Level) bool { return true }

func (l *nodeLog) Handle(_ context.Context, r slog.Record) error {
	attrs := map[string]any{}
	r.Attrs(func(a slog.Attr) bool {
		attrs[a.Key] = a.Value.Any()
		return true
	})
	l.journal.mu.Lock()
	defer l.journal.mu.Unlock()
	if l.journal.lines == nil {
		l.journal.lines = map[string][]string{}
	}
	name := func(key string) string { text, _ := attrs[key].(string); return text }
	key := name("tenant") + " " + name("user")
	l.journal.lines[key] = append(l.journal.lines[key], fmt.Sprintf("%s %s %s %v", stamp(), l.node, r.Message, attrs))
	return nil
}

// WithAttrs and WithGroup: nobody here asks for either.
func (l *nodeLog) WithAttrs([]slog.Attr) slog.Handler { return l }
func (l *nodeLog) WithGroup(string) slog.Handler      { return l }
