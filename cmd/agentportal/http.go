package main

import (
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"github.com/agentportal/portal/internal/door"
	"github.com/agentportal/portal/internal/ops"
	"github.com/agentportal/portal/internal/page"
	"github.com/agentportal/portal/internal/rest"
	"github.com/agentportal/portal/internal/whatsapp"
	"github.com/agentportal/portal/web"
)

// newHTTP is everything that answers on the one address.
func (p *portalServer) newHTTP() (*http.Server, error) {
	files, err := page.New(web.Assets())
	if err != nil {
		return nil, err
	}
	media, err := whatsapp.NewFiles(p.cfg.GraphURL, nil)
	if err != nil {
		return nil, err
	}
	api := rest.New(rest.Config{
		Desk: p.desk, Auth: p.auth,
		DeadLetters:    ops.NewDeadLetters(p.queue.DeadLetters(), p.db, p.cfg.InboundQueue, p.cfg.StatusQueue),
		AllowedOrigins: p.cfg.AllowedOrigins,
		TrustedProxies: p.cfg.TrustedProxies,
		Shown: rest.Settings{
			AllowedOrigins: p.cfg.AllowedOrigins, LogRetentionSeconds: int64(p.cfg.LogRetention.Seconds()), Version: version(),
		},
		TestChannel: p.sender.Check,
		OpenMedia:   media.Open,
		Observe:     p.metrics.Call,
		Logger:      p.log,
		Version:     version(),
	})
	mux := http.NewServeMux()
	mux.Handle("/webhooks/", whatsapp.NewWebhook(whatsapp.WebhookConfig{
		Tenants: p.db, Queue: p.queue, InboundQueue: p.cfg.InboundQueue, StatusQueue: p.cfg.StatusQueue, Logger: p.log,
	}))
	mux.HandleFunc("GET /healthz", p.health.Live)
	mux.HandleFunc("GET /readyz", p.health.Ready)
	mux.Handle("GET /metrics", p.metrics)
	mux.Handle("/", files)
	p.watchMetrics()
	most := ops.Bounds{Body: bodyTime, Answer: answerTime}
	bounded := http.NewServeMux()
	bounded.Handle("/socket.io/", ops.Bounded(p.live, ops.Bounds{Body: bodyTime})) // a poll's answer has its own bound
	bounded.Handle("/", ops.Bounded(mux, most))
	server := &http.Server{
		Handler:           door.New(apart("/api", ops.Bounded(api, most), bounded)),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		ErrorLog:          slog.NewLogLogger(p.log.Handler(), slog.LevelWarn),
	}
	door.Watch(server)
	return server, nil
}

// accept serves connections until the server is closed.
func (p *portalServer) accept() error {
	return p.http.Serve(p.metrics.Listener(door.Listener(p.listener)))
}

// apart has a path, and all below it, served by one handler and the rest by another. A mux would redirect what only
// looks like such a path (//api, /x/../api), where the handler says that nothing is there.
func apart(root string, inside, outside http.Handler) http.Handler {
	below := func(p string) bool { return p == root || strings.HasPrefix(p, root+"/") }
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if below(r.URL.Path) || below(path.Clean(r.URL.Path)) {
			inside.ServeHTTP(w, r)
			return
		}
		outside.ServeHTTP(w, r)
	})
}

// How long a client may take, from the end of a request's headers on. A megabyte at 18 KB/s is in time.
const (
	bodyTime   = time.Minute     // to send the body
	answerTime = 2 * time.Minute // to have taken the answer
)

// watchMetrics adds what others count.
func (p *portalServer) watchMetrics() {
	p.metrics.Watch(p.health)
	p.metrics.Figures(ops.FiguresConfig{Store: p.db, Queue: p.queue, Queues: []string{p.cfg.InboundQueue, p.cfg.StatusQueue}})
	p.metrics.Gauge("portal_sockets", "Sockets connected to this node.", func() float64 { return float64(p.live.Stats().Sockets) })
	p.metrics.Counter("portal_sockets_recovered_total", "Connections that took up their session.", func() float64 { return float64(p.live.Stats().Recovered) })
	p.metrics.CounterBy("portal_sockets_unrecovered_total", "Connections that asked to recover and could not, by reason.", "reason", func() map[string]int64 { return p.live.Stats().Unrecovered })
	p.metrics.CounterBy("portal_sockets_ended_total", "Ended sockets by reason.", "reason", func() map[string]int64 { return p.live.Stats().Ended })
	p.metrics.Gauge("portal_relay_lag_events", "Committed events that were not handed to sockets yet, of the tenant that is furthest behind.", func() float64 { return float64(p.live.Stats().Lag) })
}

// allowOrigin lets browsers in from the portal's own page and from the named
// origins.
func allowOrigin(allowed []string) func(*http.Request) bool {
	return func(r *http.Request) bool {
		origin := strings.ToLower(r.Header.Get("Origin"))
		if slices.Contains(allowed, origin) {
			return true
		}
		u, err := url.Parse(origin)
		return err == nil && u.Host != "" && strings.EqualFold(u.Host, r.Host)
	}
}

// version is the module's, or the commit that it was built from.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "dev"
	}
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return s.Value[:12]
		}
	}
	return "dev"
}
