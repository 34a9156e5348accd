package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/agentportal/portal/internal/whatsapp"
)

const patience = 15 * time.Second

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var tenants = []Tenant{
	{ID: "acme", PhoneNumberID: "1055", DisplayPhoneNumber: "+1 555 0100", AccessToken: "acme-token", AppSecret: "acme-secret"},
	{ID: "bolt", PhoneNumberID: "2066", DisplayPhoneNumber: "+1 555 0200", AccessToken: "bolt-token", AppSecret: "bolt-secret"},
}

// fakePortal takes webhooks as the portal does.
type fakePortal struct {
	t      *testing.T
	server *httptest.Server

	mu      sync.Mutex
	refuse  int // so many are answered 503
	inbound []whatsapp.Inbound
	reports []whatsapp.Report
}

func newFakePortal(t *testing.T) *fakePortal {
	p := &fakePortal{t: t}
	p.server = httptest.NewServer(p)
	t.Cleanup(p.server.Close)
	return p
}

func (p *fakePortal) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.refuse > 0 {
		p.refuse--
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	events, err := whatsapp.Decode(body)
	if err != nil || r.URL.Path != "/webhooks/whatsapp" {
		p.t.Errorf("no webhook: %v", err)
	}
	for _, e := range events {
		for _, t := range tenants {
			if t.PhoneNumberID == e.PhoneNumberID && !whatsapp.Signed(t.AppSecret, body, r.Header.Get(whatsapp.SignatureHeader)) {
				p.t.Error("wrong signature")
			}
		}
		p.inbound = append(p.inbound, e.Inbound...)
		p.reports = append(p.reports, e.Reports...)
	}
}

// wait polls until the portal has seen what done looks for.
func (p *fakePortal) wait(what string, done func() bool) {
	p.t.Helper()
	require.Eventually(p.t, func() bool {
		p.mu.Lock()
		defer p.mu.Unlock()
		return done()
	}, patience, 5*time.Millisecond, what)
}

// statuses are the reports of one message so far; the portal's lock is held.
func (p *fakePortal) statuses(wamid string) (all []string) {
	for _, r := range p.reports {
		if r.WAMID == wamid {
			all = append(all, r.Status)
		}
	}
	return all
}

func play(t *testing.T, p *fakePortal, cfg Config) *Simulator {
	t.Helper()
	cfg.Tenants, cfg.GraphAddr = tenants, "127.0.0.1:0"
	if cfg.Pace == 0 {
		cfg.Pace = 50
	}
	s, err := New(cfg)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- s.Run(ctx, p.server.URL+"/") }()
	t.Cleanup(func() {
		cancel()
		require.NoError(t, <-done)
	})
	return s
}

func send(t *testing.T, s *Simulator, number, token, to, text string) (int, whatsapp.SendResponse) {
	t.Helper()
	body, err := json.Marshal(whatsapp.SendRequest{MessagingProduct: "whatsapp", To: to, Type: "text", Text: whatsapp.Text{Body: text}})
	require.NoError(t, err)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, s.GraphURL()+"/v23.0/"+number+"/messages", bytes.NewReader(body))
	require.NoError(t, err)
	req.Header.Set("Authorization", "Bearer "+token)
	var transport http.Transport
	defer transport.CloseIdleConnections()
	res, err := transport.RoundTrip(req)
	if err != nil {
		return 0, whatsapp.SendResponse{}
	}
	defer func() { require.NoError(t, res.Body.Close()) }()
	var answer whatsapp.SendResponse
	require.NoError(t, json.NewDecoder(res.Body).Decode(&answer))
	return res.StatusCode, answer
}

// syncedBuffer is a buffer for several goroutines.
type syncedBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *syncedBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *syncedBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}

func TestCustomersWrite(t *testing.T) {
	t.Run("SIM-1 customers of every tenant write, over signed webhooks, each with one name", func(t *testing.T) {
		p := newFakePortal(t)
		s := play(t, p, Config{Rate: 500, Seed: 1})
		p.wait("messages", func() bool { return len(p.inbound) >= 400 })
		require.Eventually(t, func() bool { return s.Stats().Written >= 400 }, patience, 5*time.Millisecond)
		p.mu.Lock()
		defer p.mu.Unlock()
		names, tenants, types, wamids := map[string]string{}, map[string]bool{}, map[string]bool{}, map[string]bool{}
		arabic := false
		for _, in := range p.inbound {
			who := in.PhoneNumberID + in.WaID
			require.Contains(t, []string{"", in.ContactName}, names[who])
			names[who] = in.ContactName
			tenants[in.PhoneNumberID], types[in.Type] = true, true
			require.False(t, wamids[in.WAMID])
			wamids[in.WAMID] = true
			arabic = arabic || strings.ContainsFunc(in.ContactName, func(r rune) bool { return unicode.Is(unicode.Arabic, r) })
		}
		require.Len(t, tenants, 2)
		require.LessOrEqual(t, len(names), 24)
		require.True(t, arabic)
		for _, kind := range []string{"text", "image", "document", "location"} {
			require.True(t, types[kind], kind)
		}
	})
	t.Run("SIM-11 that the portal is away is said once", func(t *testing.T) {
		var log syncedBuffer
		p := newFakePortal(t)
		p.refuse = 3
		s := play(t, p, Config{Rate: -1, Log: slog.New(slog.NewTextHandler(&log, nil))})
		s.speak(s.cast.customer(0, 0))
		p.wait("the message", func() bool { return len(p.inbound) == 1 })
		require.Eventually(t, func() bool { return strings.Contains(log.String(), "takes webhooks again") }, time.Minute, time.Millisecond)
		require.Equal(t, 1, strings.Count(log.String(), "takes no webhook for now"))
		require.Contains(t, log.String(), "--url (PORTAL_URL)")
	})
	t.Run("SIM-2 while the portal is away a customer's messages wait, and come in order", func(t *testing.T) {
		p := newFakePortal(t)
		p.refuse = 3
		s := play(t, p, Config{Rate: -1})
		c := s.cast.customer(0, 0)
		s.speak(c)
		s.speak(c)
		p.wait("messages", func() bool { return len(p.inbound) == 2 })
		require.Equal(t, int64(3), s.Stats().Retried) // counted before the next try
		p.mu.Lock()
		defer p.mu.Unlock()
		for i, l := range c.script.Lines[:2] {
			said := p.inbound[i].MessageText
			if said == nil {
				said = p.inbound[i].Caption
			}
			require.Equal(t, l.Text, *said)
		}
	})
}

func TestPhonesReport(t *testing.T) {
	t.Run("SIM-3 a send is taken, reported sent, delivered and read, and answered", func(t *testing.T) {
		p := newFakePortal(t)
		s := play(t, p, Config{Rate: -1})
		c := s.cast.customer(1, 3)
		status, answer := send(t, s, "2066", "bolt-token", c.waID, "Which order is it?")
		require.Equal(t, http.StatusOK, status)
		wamid := answer.Messages[0].ID
		p.wait("reports", func() bool { return len(p.statuses(wamid)) == 3 })
		p.wait("an answer", func() bool { return len(p.inbound) == 1 })
		p.mu.Lock()
		defer p.mu.Unlock()
		require.Equal(t, []string{"sent", "delivered", "read"}, p.statuses(wamid))
		require.Equal(t, "2066", p.reports[0].PhoneNumberID)
		require.Equal(t, c.waID, p.inbound[0].WaID)
		require.Eventually(t, func() bool { return s.Stats() == Stats{Written: 1, Received: 1, Reported: 3} }, patience, 5*time.Millisecond)
	})
	t.Run("SIM-3 a phone that is no customer's reports too", func(t *testing.T) {
		p := newFakePortal(t)
		s := play(t, p, Config{Rate: -1})
		_, answer := send(t, s, "1055", "acme-token", "4999", "Hello")
		p.wait("reports", func() bool { return len(p.statuses(answer.Messages[0].ID)) == 3 })
	})
	t.Run("SIM-4 /fail is undeliverable", func(t *testing.T) {
		p := newFakePortal(t)
		s := play(t, p, Config{Rate: -1})
		_, answer := send(t, s, "1055", "acme-token", "4999", "/fail please")
		p.wait("reports", func() bool { return len(p.statuses(answer.Messages[0].ID)) == 2 })
		p.mu.Lock()
		defer p.mu.Unlock()
		require.Equal(t, "failed", p.reports[1].Status)
		require.Contains(t, string(p.reports[1].Errors), "131026")
	})
	t.Run("SIM-5 faults: busy, lost answers, repeats, late reports", func(t *testing.T) {
		p := newFakePortal(t)
		status, answer := send(t, play(t, p, Config{Rate: -1, Faults: Faults{Busy: 1}}), "1055", "acme-token", "49", "x")
		require.Equal(t, http.StatusServiceUnavailable, status)
		require.EqualValues(t, "131016", answer.Error.Code)
		status, _ = send(t, play(t, p, Config{Rate: -1, Faults: Faults{Lost: 1}}), "1055", "acme-token", "49", "x")
		require.Zero(t, status)
		_, answer = send(t, play(t, p, Config{Rate: -1, Faults: Faults{Repeated: 1, Late: 1}}), "1055", "acme-token", "50", "x")
		p.wait("reports", func() bool { return len(p.statuses(answer.Messages[0].ID)) == 6 })
		p.mu.Lock()
		require.Equal(t, []string{"sent", "sent", "read", "read", "delivered", "delivered"}, p.statuses(answer.Messages[0].ID))
		p.mu.Unlock()
		_, answer = send(t, play(t, p, Config{Rate: -1, Faults: Faults{Undelivered: 1}}), "1055", "acme-token", "51", "x")
		p.wait("failed", func() bool { return len(p.statuses(answer.Messages[0].ID)) == 2 })
	})
	t.Run("SIM-6 wrong calls get the provider's errors", func(t *testing.T) {
		s := play(t, newFakePortal(t), Config{Rate: -1})
		for _, row := range []struct {
			number, token, text string
			status              int
			code                whatsapp.ErrorCode
		}{
			{"1055", "bolt-token", "x", 401, "190"},
			{"9999", "acme-token", "x", 401, "190"},
			{"1055", "acme-token", "", 400, "100"},
			{"1055", "acme-token", strings.Repeat("x", 4097), 400, "100"},
		} {
			status, answer := send(t, s, row.number, row.token, "49", row.text)
			require.Equal(t, row.status, status)
			require.Equal(t, row.code, answer.Error.Code)
		}
	})
}

func TestMedia(t *testing.T) {
	get := func(t *testing.T, url, token string) (*http.Response, []byte) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
		require.NoError(t, err)
		req.Header.Set("Authorization", "Bearer "+token)
		var transport http.Transport
		defer transport.CloseIdleConnections()
		res, err := transport.RoundTrip(req)
		require.NoError(t, err)
		body, err := io.ReadAll(res.Body)
		require.NoError(t, err)
		require.NoError(t, res.Body.Close())
		return res, body
	}
	t.Run("SIM-7 what a customer sends is kept under an id, for holders of a token", func(t *testing.T) {
		s := play(t, newFakePortal(t), Config{Rate: -1})
		fetch := func(name, kind string) []byte {
			res, raw := get(t, s.GraphURL()+"/v23.0/"+mediaID(name), "acme-token")
			require.Equal(t, http.StatusOK, res.StatusCode)
			var info whatsapp.MediaInfo
			require.NoError(t, json.Unmarshal(raw, &info))
			require.Equal(t, kind, info.MimeType)
			res, _ = get(t, info.URL, "stranger")
			require.Equal(t, http.StatusUnauthorized, res.StatusCode)
			res, body := get(t, info.URL, "acme-token")
			require.Equal(t, kind, res.Header.Get("Content-Type"))
			require.Equal(t, fmt.Sprint(len(body)), info.FileSize.String())
			return body
		}
		_, err := png.Decode(bytes.NewReader(fetch("parcel.png", "image/png")))
		require.NoError(t, err)
		require.True(t, bytes.HasPrefix(fetch("Rechnung-1.pdf", "application/pdf"), []byte("%PDF-1.4")))
		for path, status := range map[string]int{"/v23.0/media-x.exe": 400, "/media/x.exe": 404, "/elsewhere": 404} {
			res, _ := get(t, s.GraphURL()+path, "acme-token")
			require.Equal(t, status, res.StatusCode, path)
		}
		res, _ := get(t, s.GraphURL()+"/v23.0/media-parcel.png", "stranger")
		require.Equal(t, http.StatusUnauthorized, res.StatusCode)
	})
}

func TestAddress(t *testing.T) {
	t.Run("SIM-10 without an address a free port will do", func(t *testing.T) {
		var urls []string
		for range 2 {
			s, err := New(Config{Tenants: tenants})
			require.NoError(t, err)
			defer func() { require.NoError(t, s.Close()) }()
			urls = append(urls, s.GraphURL())
		}
		require.NotEqual(t, urls[0], urls[1])
	})
	t.Run("SIM-10 an address that is taken is refused", func(t *testing.T) {
		s, err := New(Config{Tenants: tenants, GraphAddr: "127.0.0.1:0"})
		require.NoError(t, err)
		defer func() { require.NoError(t, s.Close()) }()
		_, err = New(Config{Tenants: tenants, GraphAddr: strings.TrimPrefix(s.GraphURL(), "http://")})
		require.Error(t, err)
	})
}

func TestDialogues(t *testing.T) {
	t.Run("SIM-8 every book has names and everybody has something to say", func(t *testing.T) {
		books, err := readBooks()
		require.NoError(t, err)
		require.GreaterOrEqual(t, len(books), 10)
		for _, b := range books {
			require.NotEmpty(t, b.Names, b.Language)
			require.NotEmpty(t, b.Thanks, b.Language)
			require.NotEmpty(t, b.Answers, b.Language)
			require.NotEmpty(t, b.Scripts, b.Language)
			lines := append(append([]line{}, b.Thanks...), b.Answers...)
			for _, s := range b.Scripts {
				require.NotEmpty(t, s.Lines, b.Language)
				lines = append(append(lines, s.Lines...), s.Answers...)
			}
			for _, l := range lines {
				require.True(t, l.Text != "" || l.Location != nil, fmt.Sprint(b.Language, l))
			}
		}
	})
	t.Run("SIM-8 numbers are digits, and no two customers of a tenant share one", func(t *testing.T) {
		books, err := readBooks()
		require.NoError(t, err)
		c := newCast(books, tenants, 5000)
		for i := range 5000 {
			require.Regexp(t, `^[0-9]{8,15}$`, c.customer(0, i).waID)
		}
		require.Len(t, c.members, 5000)
		require.Same(t, c.customer(0, 7), c.customer(0, 7))
	})
}
