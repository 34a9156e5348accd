package simulate

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/agentportal/portal/internal/whatsapp"
)

const (
	firstRetry = 250 * time.Millisecond
	lastRetry  = 5 * time.Second
)

// portal is the portal's webhook, as Meta sees it.
type portal struct {
	url    string
	client *http.Client
	s      *Simulator
	away   atomic.Bool // it has been told that nothing is taken
}

func newPortal(base string, s *Simulator) *portal {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = lanes
	return &portal{
		url: base + "/webhooks/whatsapp", s: s,
		client: &http.Client{Transport: transport, Timeout: 20 * time.Second},
	}
}

// message delivers a message of a customer.
func (p *portal) message(ctx context.Context, c *customer, m whatsapp.Message) {
	m.From, m.Timestamp = c.waID, stamp(time.Now())
	value := whatsapp.Value{
		Contacts: []json.RawMessage{raw(whatsapp.Contact{Profile: whatsapp.Profile{Name: c.name}, WaID: c.waID})},
		Messages: []json.RawMessage{raw(m)},
	}
	if p.deliver(ctx, c.tenant, value) {
		p.s.count(func(s *Stats) { s.Written++ })
	}
}

// report delivers a phone's report.
func (p *portal) report(ctx context.Context, t Tenant, r whatsapp.Status) {
	if p.deliver(ctx, t, whatsapp.Value{Statuses: []json.RawMessage{raw(r)}}) {
		p.s.count(func(s *Stats) { s.Reported++ })
	}
}

func stamp(at time.Time) string { return fmt.Sprint(at.Unix()) }

// deliver calls the webhook until it is taken, as Meta does, twice if a fault wants that.
func (p *portal) deliver(ctx context.Context, t Tenant, value whatsapp.Value) bool {
	value.MessagingProduct = "whatsapp"
	value.Metadata = whatsapp.Metadata{DisplayPhoneNumber: t.DisplayPhoneNumber, PhoneNumberID: t.PhoneNumberID}
	body := raw(whatsapp.Payload{Object: "whatsapp_business_account", Entry: []whatsapp.Entry{{
		ID: "account-" + t.ID, Changes: []whatsapp.Change{{Field: "messages", Value: value}},
	}}})
	p.s.mu.Lock()
	twice := p.s.chance(p.s.cfg.Faults.Repeated)
	p.s.mu.Unlock()
	taken := p.insist(ctx, t, body)
	if taken && twice {
		p.insist(ctx, t, body)
	}
	return taken
}

// insist tries until the webhook takes the body. What it refuses is dropped: a wrong secret doesn't mend.
func (p *portal) insist(ctx context.Context, t Tenant, body []byte) bool {
	wait := firstRetry
	for ctx.Err() == nil {
		status, err := p.post(ctx, t, body)
		switch {
		case err == nil && status/100 == 2:
			if p.away.CompareAndSwap(true, false) {
				p.s.cfg.Log.Info("the portal takes webhooks again")
			}
			return true
		case err == nil && status/100 == 4 && status != http.StatusTooManyRequests:
			p.s.cfg.Log.Error("the portal refuses a webhook", "tenant", t.ID, "status", status)
			return false
		case ctx.Err() == nil && p.away.CompareAndSwap(false, true):
			p.s.cfg.Log.Warn("the portal takes no webhook for now, trying again: start it, or correct --url (PORTAL_URL)", "url", p.url, "status", status, "error", err)
		case ctx.Err() == nil:
			p.s.cfg.Log.Debug("the portal can't take a webhook, trying again", "status", status, "error", err)
		}
		p.s.count(func(s *Stats) { s.Retried++ })
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
			timer.Stop()
		}
		wait = min(2*wait, lastRetry)
	}
	return false
}

func (p *portal) post(ctx context.Context, t Tenant, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, p.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set(whatsapp.SignatureHeader, whatsapp.Sign(t.AppSecret, body))
	res, err := p.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer func() { _ = res.Body.Close() }()
	_, err = io.Copy(io.Discard, io.LimitReader(res.Body, 64<<10))
	return res.StatusCode, err
}

// raw is a value of our own as JSON, which always works.
func raw(v any) json.RawMessage {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return b
}
