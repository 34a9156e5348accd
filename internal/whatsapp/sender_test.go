package whatsapp

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// outbox is an Outbox in memory that keeps the promises of the real one.
type outbox struct {
	mu      sync.Mutex
	sends   []*pending // in the order of queueing
	away    bool
	slow    time.Duration // how long a claim's answer takes after its commit
	results []string
}

type pending struct {
	desk.Send
	next time.Time // the next attempt, or the end of the lease
}

func (o *outbox) put(contact, id string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sends = append(o.sends, &pending{Send: desk.Send{TenantID: "acme", MessageID: id, ContactID: contact, WaID: "49" + contact,
		Text: "text of " + id, Channel: portal.WhatsApp{PhoneNumberID: "1055", AccessToken: "secret-token"}, QueuedAt: time.Now()}})
}

func (o *outbox) ClaimSends(_ context.Context, lease time.Duration, limit int) (jobs []desk.Send, err error) {
	o.mu.Lock()
	slow := o.slow
	defer func() {
		if len(jobs) > 0 {
			time.Sleep(slow)
		}
	}()
	defer o.mu.Unlock()
	if o.away {
		return nil, errors.New("away")
	}
	seen := map[string]bool{}
	for _, p := range o.sends {
		if seen[p.ContactID] || len(jobs) == limit {
			continue
		}
		seen[p.ContactID] = true
		if p.next.After(time.Now()) {
			continue
		}
		p.next = time.Now().Add(lease)
		p.Attempts++
		jobs = append(jobs, p.Send)
	}
	return jobs, nil
}

func (o *outbox) settle(id, result string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away {
		return errors.New("away")
	}
	o.results = append(o.results, id+" "+result)
	o.sends = slices.DeleteFunc(o.sends, func(p *pending) bool { return p.MessageID == id })
	return nil
}

func (o *outbox) SendAccepted(_ context.Context, _, id, wamid string, _ time.Time) error {
	return o.settle(id, wamid)
}

func (o *outbox) SendRejected(_ context.Context, _, id string, reason portal.MessageError, _ time.Time) error {
	return o.settle(id, "failed "+reason.Code+" "+reason.Message)
}

func (o *outbox) SendLater(_ context.Context, _, id string, next time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.away {
		return errors.New("away")
	}
	for _, p := range o.sends {
		if p.MessageID == id {
			p.next = next
			return nil
		}
	}
	return portal.Errorf(portal.NotFound, "no such send")
}

func (o *outbox) setAway(away bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away = away
}

// back ends its being away; from now on a claim's answer is late.
func (o *outbox) back(slow time.Duration) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.away, o.slow = false, slow
}

func (o *outbox) settled() []string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.results)
}

// provider is a Cloud API whose answers a test writes.
type provider struct {
	mu     sync.Mutex
	answer func(call int, to string) (status int, body, retryAfter string, took time.Duration)
	calls  []call
}

type call struct {
	at   time.Time
	text string
	req  *http.Request
	body string
}

func accept(n int, _ string) (int, string, string, time.Duration) {
	return 200, fmt.Sprintf(`{"messages":[{"id":"wamid.%d"}]}`, n), "", 0
}

func (p *provider) RoundTrip(req *http.Request) (*http.Response, error) {
	raw, err := io.ReadAll(req.Body)
	if err != nil {
		return nil, err
	}
	var sent SendRequest
	if err := json.Unmarshal(raw, &sent); err != nil {
		return nil, err
	}
	p.mu.Lock()
	p.calls = append(p.calls, call{at: time.Now(), text: sent.Text.Body, req: req, body: string(raw)})
	n := len(p.calls)
	p.mu.Unlock()
	status, body, after, took := p.answer(n, sent.To)
	select {
	case <-time.After(took):
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
	if status == 0 {
		return nil, errors.New("connection reset")
	}
	h := http.Header{}
	if after != "" {
		h.Set("Retry-After", after)
	}
	return &http.Response{StatusCode: status, Header: h, Body: io.NopCloser(strings.NewReader(body)), Request: req}, nil
}

func (p *provider) seen() []call {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.calls)
}

// gaps are the times between calls.
func gaps(calls []call) (d []time.Duration) {
	for i := 1; i < len(calls); i++ {
		d = append(d, calls[i].at.Sub(calls[i-1].at))
	}
	return d
}

// sending runs a sender in a bubble of its own time; do gets its stop.
func sending(t *testing.T, p *provider, do func(t *testing.T, o *outbox, s *Sender, stop func())) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		o := &outbox{}
		var log bytes.Buffer // slog writes a line at a time
		s := NewSender(SenderConfig{Outbox: o, GraphURL: "https://graph.test", Transport: p,
			Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug}))})
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan error, 1)
		go func() { done <- s.Run(ctx) }()
		stop := sync.OnceFunc(func() {
			cancel()
			require.NoError(t, <-done)
		})
		defer stop()
		do(t, o, s, stop)
		stop()
		require.NotContains(t, log.String(), "secret-token", "REST-38")
		require.NotContains(t, log.String(), "text of", "REST-38")
	})
}

func TestSenderCalls(t *testing.T) {
	t.Run("WA-20 the call is the Cloud API's", func(t *testing.T) {
		p := &provider{answer: accept}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
			o.put("1", "m1")
			s.Wake()
			synctest.Wait()
			require.Equal(t, []string{"m1 wamid.1"}, o.settled())
			c := p.seen()[0]
			require.Equal(t, http.MethodPost, c.req.Method)
			require.Equal(t, "https://graph.test/v23.0/1055/messages", c.req.URL.String())
			require.Equal(t, "Bearer secret-token", c.req.Header.Get("Authorization"))
			require.Equal(t, "application/json", c.req.Header.Get("Content-Type"))
			require.JSONEq(t, `{"messaging_product":"whatsapp","recipient_type":"individual","to":"491","type":"text","text":{"body":"text of m1"}}`, c.body)
		})
	})
	t.Run("WA-21 without a wake-up it is found by polling", func(t *testing.T) {
		sending(t, &provider{answer: accept}, func(t *testing.T, o *outbox, _ *Sender, _ func()) {
			o.put("1", "m1")
			time.Sleep(time.Second)
			synctest.Wait()
			require.Len(t, o.settled(), 1)
		})
	})
	t.Run("WA-22 messages of one contact go out one after another, others beside them", func(t *testing.T) {
		slow := func(n int, to string) (int, string, string, time.Duration) {
			status, body, after, _ := accept(n, to)
			if to == "49slow" {
				return status, body, after, 3 * time.Second
			}
			return status, body, after, 0
		}
		p := &provider{answer: slow}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
			for i := range 3 {
				o.put("slow", fmt.Sprint("s", i))
				o.put("quick", fmt.Sprint("q", i))
			}
			s.Wake()
			synctest.Wait()
			require.Len(t, o.settled(), 3, "the quick ones")
			time.Sleep(9 * time.Second)
			synctest.Wait()
			require.Len(t, o.settled(), 6)
			var texts []string
			for _, c := range p.seen() {
				if strings.Contains(c.text, "of s") {
					texts = append(texts, c.text)
				}
			}
			require.Equal(t, []string{"text of s0", "text of s1", "text of s2"}, texts)
		})
	})
	t.Run("WA-23 no more calls at a time than set", func(t *testing.T) {
		var mu sync.Mutex
		now, most := 0, 0
		p := &provider{}
		p.answer = func(n int, to string) (int, string, string, time.Duration) {
			mu.Lock()
			now++
			most = max(most, now)
			mu.Unlock()
			time.Sleep(100 * time.Millisecond)
			mu.Lock()
			now--
			mu.Unlock()
			return accept(n, to)
		}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
			for i := range 100 {
				o.put(fmt.Sprint(i), fmt.Sprint("m", i))
			}
			s.Wake()
			time.Sleep(2 * time.Second)
			require.Len(t, o.settled(), 100)
			require.Equal(t, 16, most)
		})
	})
}

func TestSenderTriesAgain(t *testing.T) {
	seconds := func(n ...int) (d []time.Duration) {
		for _, s := range n {
			d = append(d, time.Duration(s)*time.Second)
		}
		return d
	}
	for name, row := range map[string]struct {
		status int
		took   time.Duration
		gaps   []time.Duration
	}{
		"WA-24 500":              {500, 0, seconds(1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300)},
		"WA-24 503":              {503, 0, seconds(1, 2, 4)},
		"WA-24 429":              {429, 0, seconds(1, 2, 4)},
		"WA-24 a broken line":    {0, 0, seconds(1, 2, 4)},
		"WA-24 no answer":        {200, time.Hour, seconds(16, 17, 19)},
		"WA-24 200 without name": {200, 0, seconds(1, 2, 4)},
		"WA-24 a redirect":       {302, 0, seconds(1, 2, 4)},
	} {
		t.Run(name, func(t *testing.T) {
			p := &provider{answer: func(int, string) (int, string, string, time.Duration) { return row.status, `{}`, "", row.took }}
			sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
				o.put("1", "m1")
				o.put("1", "m2") // waits for the first
				s.Wake()
				for len(p.seen()) <= len(row.gaps) {
					time.Sleep(time.Second)
				}
				require.Equal(t, row.gaps, gaps(p.seen())[:len(row.gaps)])
				require.Empty(t, o.settled())
			})
		})
	}
	t.Run("WA-25 Retry-After is honoured when it is longer", func(t *testing.T) {
		for header, want := range map[string]time.Duration{
			"30": 30 * time.Second, "0": time.Second, "-5": time.Second, "soon": time.Second, "Sat, 01 Jan 2000 00:01:00 GMT": time.Minute,
		} {
			p := &provider{answer: func(n int, to string) (int, string, string, time.Duration) {
				if n == 1 {
					return 429, ``, header, 0
				}
				return accept(n, to)
			}}
			sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
				o.put("1", "m1")
				s.Wake()
				time.Sleep(time.Hour)
				require.Equal(t, []time.Duration{want}, gaps(p.seen()), header)
			})
		}
	})
	t.Run("WA-26 after 24 hours it has failed", func(t *testing.T) {
		p := &provider{answer: func(int, string) (int, string, string, time.Duration) {
			return 500, `{"error":{"code":131016,"message":"Service unavailable"}}`, "", 0
		}}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
			o.put("1", "m1")
			s.Wake()
			time.Sleep(24*time.Hour - 6*time.Minute)
			require.Empty(t, o.settled())
			time.Sleep(7 * time.Minute)
			require.Equal(t, []string{"m1 failed 131016 Service unavailable"}, o.settled())
			n := len(p.seen())
			time.Sleep(time.Hour)
			require.Len(t, p.seen(), n)
		})
	})
}

func TestSenderFails(t *testing.T) {
	for name, row := range map[string]struct {
		status     int
		body, want string
	}{
		"WA-27 the provider's code and details": {400, `{"error":{"message":"(#131026) Message undeliverable","code":131026,"error_data":{"details":"Not on WhatsApp"}}}`, "m1 failed 131026 Not on WhatsApp"},
		"WA-27 its message without details":     {401, `{"error":{"message":"Session has expired","type":"OAuthException","code":190}}`, "m1 failed 190 Session has expired"},
		"WA-27 a code that came as a string":    {400, `{"error":{"message":"Undeliverable","code":"131026"}}`, "m1 failed 131026 Undeliverable"},
		"WA-27 the status where there is none":  {400, `{"error":{"message":"Undeliverable"}}`, "m1 failed 400 Undeliverable"},
		"WA-27 the status without a code":       {404, `<html>`, "m1 failed 404 Not Found"},
		"WA-27 403":                             {403, `{}`, "m1 failed 403 Forbidden"},
	} {
		t.Run(name, func(t *testing.T) {
			p := &provider{answer: func(n int, to string) (int, string, string, time.Duration) {
				if n == 1 {
					return row.status, row.body, "", 0
				}
				return accept(n, to)
			}}
			sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
				o.put("1", "m1")
				o.put("1", "m2")
				s.Wake()
				synctest.Wait()
				require.Equal(t, []string{row.want, "m2 wamid.2"}, o.settled())
			})
		})
	}
	t.Run("WA-28 a channel that isn't set up", func(t *testing.T) {
		p := &provider{answer: accept}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
			o.put("1", "m1")
			o.mu.Lock()
			o.sends[0].Channel.AccessToken = ""
			o.mu.Unlock()
			s.Wake()
			synctest.Wait()
			require.Len(t, o.settled(), 1)
			require.Contains(t, o.settled()[0], "m1 failed channel_not_set_up")
			require.Empty(t, p.seen())
		})
	})
}

func TestSenderSettles(t *testing.T) {
	t.Run("WA-29 an answer is stored however long the database is away, and nothing goes out twice", func(t *testing.T) {
		p := &provider{}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
			p.answer = func(n int, to string) (int, string, string, time.Duration) {
				o.setAway(true)
				return accept(n, to)
			}
			o.put("1", "m1")
			s.Wake()
			time.Sleep(10 * time.Minute) // the lease is long over
			require.Empty(t, o.settled())
			o.setAway(false)
			s.Wake() // it may be claimed before its answer is stored
			time.Sleep(time.Second)
			require.Equal(t, []string{"m1 wamid.1"}, o.settled())
			require.Len(t, p.seen(), 1)
		})
	})
	t.Run("WA-29 nor where it is claimed just before its answer is stored", func(t *testing.T) {
		p := &provider{}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
			p.answer = func(n int, to string) (int, string, string, time.Duration) {
				o.setAway(true)
				return accept(n, to)
			}
			o.put("1", "m1")
			s.Wake()
			time.Sleep(10*time.Minute + settleRetry/2) // the lease is long over, and the next attempt to store is to come
			o.back(settleRetry)
			s.Wake()
			time.Sleep(time.Minute)
			require.Equal(t, []string{"m1 wamid.1"}, o.settled())
			require.Len(t, p.seen(), 1)
		})
	})
	t.Run("WA-29 one that is claimed just before it is given back goes out soon", func(t *testing.T) {
		p := &provider{}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
			p.answer = func(n int, to string) (int, string, string, time.Duration) {
				if n > 1 {
					return accept(n, to)
				}
				o.setAway(true)
				return 500, "{}", "", 0
			}
			o.put("1", "m1")
			s.Wake()
			time.Sleep(10*time.Minute + settleRetry/2)
			o.back(settleRetry)
			s.Wake()
			time.Sleep(2 * time.Second)
			require.Equal(t, []string{"m1 wamid.2"}, o.settled())
			require.Len(t, p.seen(), 2)
		})
	})
	t.Run("WA-30 a call under way is awaited at the end", func(t *testing.T) {
		p := &provider{answer: func(n int, to string) (int, string, string, time.Duration) {
			status, body, after, _ := accept(n, to)
			return status, body, after, 4 * time.Second
		}}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, stop func()) {
			o.put("1", "m1")
			o.put("1", "m2")
			s.Wake()
			synctest.Wait()
			stop()
			require.Equal(t, []string{"m1 wamid.1"}, o.settled())
			require.Len(t, p.seen(), 1)
		})
	})
	t.Run("WA-30 but no longer than 5 s, and it goes out again", func(t *testing.T) {
		p := &provider{answer: func(n int, to string) (int, string, string, time.Duration) {
			status, body, after, _ := accept(n, to)
			return status, body, after, 14 * time.Second
		}}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, stop func()) {
			o.put("1", "m1")
			s.Wake()
			synctest.Wait()
			start := time.Now()
			stop()
			require.Equal(t, 5*time.Second, time.Since(start))
			require.Empty(t, o.settled())
			require.Equal(t, time.Now().Add(time.Second), o.sends[0].next)
		})
	})
	t.Run("WA-31 a crash's message is sent again once its lease is over, counted", func(t *testing.T) {
		p := &provider{answer: accept}
		sending(t, p, func(t *testing.T, o *outbox, s *Sender, _ func()) {
			o.put("1", "m1")
			jobs, err := o.ClaimSends(t.Context(), 30*time.Second, 1) // by a process that dies
			require.NoError(t, err)
			require.Equal(t, 1, jobs[0].Attempts)
			time.Sleep(29 * time.Second)
			require.Empty(t, p.seen())
			time.Sleep(2 * time.Second)
			require.Len(t, p.seen(), 1)
			require.Equal(t, []string{"m1 wamid.1"}, o.settled())
		})
	})
}
