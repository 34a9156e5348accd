package whatsapp

import (
	"context"
	"crypto/hmac"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"os"
	"time"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
	"github.com/agentportal/portal/internal/queue"
)

const (
	// maxBody is the most bytes of a webhook's body.
	maxBody = 4 << 20
	// publishTimeout bounds the wait for the queue; the provider gives up after 20 s or so.
	publishTimeout = 5 * time.Second
)

// Tenants knows whose number is whose.
type Tenants interface {
	// TenantByPhoneNumberID is a portal.NotFound for a number of no tenant.
	TenantByPhoneNumberID(ctx context.Context, phoneNumberID string) (portal.Tenant, error)
	Tenants(ctx context.Context) ([]portal.Tenant, error)
}

// Publisher is where a webhook's events go. They are durable once it returns nil.
type Publisher interface {
	Publish(ctx context.Context, queue string, msgs ...queue.Message) error
}

// WebhookConfig is what a webhook works with. Tenants and Queue are needed.
type WebhookConfig struct {
	Tenants Tenants
	Queue   Publisher
	// InboundQueue and StatusQueue are the queues' names; the contract's if empty.
	InboundQueue, StatusQueue string
	// Logger gets what nobody is told otherwise; discarded if nil.
	Logger *slog.Logger
}

// Path is where the provider finds the webhook.
const Path = "/webhooks/whatsapp"

// Webhook serves Path, and answers that nothing lies anywhere else.
type Webhook struct{ cfg WebhookConfig }

var _ http.Handler = (*Webhook)(nil)

// NewWebhook makes a webhook.
func NewWebhook(c WebhookConfig) *Webhook {
	if c.InboundQueue == "" {
		c.InboundQueue = "INBOUND_WHATSAPP_MESSAGES"
	}
	if c.StatusQueue == "" {
		c.StatusQueue = "WHATSAPP_STATUS_UPDATES"
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return &Webhook{cfg: c}
}

// ServeHTTP answers the provider's verification (GET) and its events (POST).
func (h *Webhook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch {
	case r.URL.Path != Path:
		problem(w, http.StatusNotFound, "there is no such webhook")
	case r.Method == http.MethodGet, r.Method == http.MethodHead:
		h.verify(w, r)
	case r.Method == http.MethodPost:
		h.receive(w, r)
	default:
		w.Header().Set("Allow", "GET, POST")
		problem(w, http.StatusMethodNotAllowed, "only GET and POST")
	}
}

// verify echoes the challenge to whoever knows a tenant's verify token.
func (h *Webhook) verify(w http.ResponseWriter, r *http.Request) {
	tenants, err := h.cfg.Tenants.Tenants(r.Context())
	if err != nil {
		h.away(w, "tenants can't be read", err)
		return
	}
	q := r.URL.Query()
	token, known := q.Get("hub.verify_token"), false
	for _, t := range tenants {
		if t.WhatsApp.VerifyToken != "" && hmac.Equal([]byte(token), []byte(t.WhatsApp.VerifyToken)) {
			known = true
		}
	}
	if !known || q.Get("hub.mode") != "subscribe" {
		problem(w, http.StatusForbidden, "the verify token is no tenant's")
		return
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	_, _ = io.WriteString(w, q.Get("hub.challenge")) // an error is the client's
}

// receive takes events: all that are signed, or none.
func (h *Webhook) receive(w http.ResponseWriter, r *http.Request) {
	if r.ContentLength > maxBody {
		tooLarge(w)
		return
	}
	signature := r.Header.Get(SignatureHeader)
	if signature == "" {
		problem(w, http.StatusUnauthorized, SignatureHeader+" is missing")
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxBody))
	var large *http.MaxBytesError
	if errors.As(err, &large) {
		tooLarge(w)
		return
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		problem(w, http.StatusRequestTimeout, "the body took too long")
		return
	}
	if err != nil {
		problem(w, http.StatusBadRequest, "the body could not be read")
		return
	}
	events, err := Decode(body)
	if err != nil {
		problem(w, http.StatusBadRequest, "the body is no webhook")
		return
	}
	ctx, cancel := context.WithTimeout(r.Context(), publishTimeout)
	defer cancel()
	inbound, reports, ok, err := h.accept(ctx, events, body, signature)
	switch {
	case err != nil:
		h.away(w, "tenants can't be read", err)
	case !ok:
		problem(w, http.StatusUnauthorized, SignatureHeader+" is wrong")
	default:
		h.publish(ctx, w, inbound, reports)
	}
}

// accept checks the signature for each number and gives the events their tenant. Events of a number that nobody
// has are left out. ok is false when the signature is wrong for any number.
func (h *Webhook) accept(ctx context.Context, all []Events, body []byte, signature string) (inbound, reports []queue.Message, ok bool, err error) {
	tenants := map[string]string{} // by number
	for _, e := range all {
		id, seen := tenants[e.PhoneNumberID]
		if !seen {
			t, err := h.tenant(ctx, e.PhoneNumberID)
			if err != nil {
				return nil, nil, false, err
			}
			if t.ID != "" && !Signed(t.WhatsApp.AppSecret, body, signature) {
				return nil, nil, false, nil
			}
			id = t.ID
			tenants[e.PhoneNumberID] = id
		}
		if id == "" {
			continue
		}
		for _, in := range e.Inbound {
			in.TenantID = id
			inbound = append(inbound, message(in.WAMID, in))
		}
		for _, report := range e.Reports {
			report.TenantID = id
			reports = append(reports, message(report.WAMID, report))
		}
	}
	return inbound, reports, true, nil
}

// tenant is the tenant of a number; the zero tenant if nobody has it.
func (h *Webhook) tenant(ctx context.Context, phoneNumberID string) (portal.Tenant, error) {
	if phoneNumberID == "" {
		return portal.Tenant{}, nil
	}
	t, err := h.cfg.Tenants.TenantByPhoneNumberID(ctx, phoneNumberID)
	if portal.CodeOf(err) == portal.NotFound {
		return portal.Tenant{}, nil
	}
	return t, err
}

// message is an event on its way to the queue.
func message(id string, event any) queue.Message {
	body, err := json.Marshal(event)
	if err != nil {
		panic(err) // can't be: strings, and JSON that was just read
	}
	return queue.Message{ID: id, Body: body}
}

// publish answers 200 only once everything is durable. Otherwise the provider tries again, and what had become
// durable comes twice, which has no effect.
func (h *Webhook) publish(ctx context.Context, w http.ResponseWriter, inbound, reports []queue.Message) {
	for _, part := range []struct {
		queue string
		msgs  []queue.Message
	}{{h.cfg.InboundQueue, inbound}, {h.cfg.StatusQueue, reports}} {
		if len(part.msgs) == 0 {
			continue
		}
		if err := h.cfg.Queue.Publish(ctx, part.queue, part.msgs...); err != nil {
			h.away(w, "events can't be stored", err)
			return
		}
	}
	failpoint.Hit(failpoint.WebhookPublished)
	w.WriteHeader(http.StatusOK)
}

func (h *Webhook) away(w http.ResponseWriter, what string, err error) {
	h.cfg.Logger.Warn("a webhook could not be taken, the provider will try again: "+what, "error", err)
	w.Header().Set("Retry-After", "1")
	problem(w, http.StatusServiceUnavailable, what+" for now")
}

func tooLarge(w http.ResponseWriter) {
	problem(w, http.StatusRequestEntityTooLarge, "the body is larger than 4 MiB")
}

// problem answers with an RFC 9457 document.
func problem(w http.ResponseWriter, status int, detail string) {
	body, err := json.Marshal(map[string]any{"type": "about:blank", "title": http.StatusText(status), "status": status, "detail": detail})
	if err != nil {
		panic(err) // can't be: two strings and a number
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // an error is the client's
}
