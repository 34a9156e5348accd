package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/queue"
)

// tenants are two, each with a number; err makes them unreadable.
type tenants struct{ err error }

var both = []portal.Tenant{
	{ID: "acme", WhatsApp: portal.WhatsApp{PhoneNumberID: "1055", AppSecret: "acme-secret", VerifyToken: "acme-verify"}},
	{ID: "bolt", WhatsApp: portal.WhatsApp{PhoneNumberID: "2066", AppSecret: "bolt-secret", VerifyToken: "bolt-verify"}},
	{ID: "bare", WhatsApp: portal.WhatsApp{PhoneNumberID: "3077"}},
}

func (t tenants) Tenants(context.Context) ([]portal.Tenant, error) { return both, t.err }

func (t tenants) TenantByPhoneNumberID(_ context.Context, id string) (portal.Tenant, error) {
	for _, tenant := range both {
		if tenant.WhatsApp.PhoneNumberID == id && t.err == nil {
			return tenant, nil
		}
	}
	if t.err != nil {
		return portal.Tenant{}, t.err
	}
	return portal.Tenant{}, portal.Errorf(portal.NotFound, "no such number")
}

// published keeps what was published; err refuses all, errOn one queue's.
type published struct {
	err    error
	errOn  string
	queues map[string][]string
}

func (p *published) Publish(_ context.Context, name string, msgs ...queue.Message) error {
	if p.err != nil && (p.errOn == "" || p.errOn == name) {
		return p.err
	}
	if p.queues == nil {
		p.queues = map[string][]string{}
	}
	for _, m := range msgs {
		p.queues[name] = append(p.queues[name], string(m.Body))
	}
	return nil
}

func hook(number string, value string) string {
	return `{"object":"whatsapp_business_account","entry":[{"id":"1","changes":[{"field":"messages","value":{
		"messaging_product":"whatsapp","metadata":{"display_phone_number":"+1 555 0100","phone_number_id":"` + number + `"},` + value + `}}]}]}`
}

const textMessage = `"contacts":[{"profile":{"name":"John Doe"},"wa_id":"919876543210"}],
	"messages":[{"from":"919876543210","id":"wamid.A1","timestamp":"1767225600","type":"text","text":{"body":"Hello"}}]`

func post(t *testing.T, h http.Handler, body, signature string) *httptest.ResponseRecorder {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/webhooks/whatsapp", strings.NewReader(body))
	if signature != "" {
		req.Header.Set(SignatureHeader, signature)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, req)
	return w
}

func TestWebhookTakesEvents(t *testing.T) {
	t.Run("WA-1 events go to the queues in their formats, in order", func(t *testing.T) {
		p := &published{}
		body := hook("1055", textMessage+`,"statuses":[
			{"id":"wamid.B7","status":"delivered","timestamp":"1767225660","recipient_id":"919876543210","conversation":{"id":"c"}},
			{"id":"wamid.B8","status":"failed","timestamp":1767225661,"recipient_id":"91","errors":[{"code":131026,"title":"undeliverable"}]}]`)
		w := post(t, NewWebhook(WebhookConfig{Tenants: tenants{}, Queue: p}), body, Sign("acme-secret", []byte(body)))
		require.Equal(t, http.StatusOK, w.Code)
		require.Len(t, p.queues["INBOUND_WHATSAPP_MESSAGES"], 1)
		require.JSONEq(t, `{"tenantId":"acme","wamid":"wamid.A1","wa_id":"919876543210","contact_name":"John Doe","timestamp":"1767225600",
			"type":"text","message_text":"Hello","media_url":null,"phone_number_id":"1055","display_phone_number":"+1 555 0100"}`,
			p.queues["INBOUND_WHATSAPP_MESSAGES"][0])
		require.Len(t, p.queues["WHATSAPP_STATUS_UPDATES"], 2)
		require.JSONEq(t, `{"tenantId":"acme","wamid":"wamid.B7","recipientId":"919876543210","status":"delivered","timestamp":"1767225660",
			"conversation":{"id":"c"},"phone_number_id":"1055"}`, p.queues["WHATSAPP_STATUS_UPDATES"][0])
		require.JSONEq(t, `{"tenantId":"acme","wamid":"wamid.B8","recipientId":"91","status":"failed","timestamp":1767225661,
			"errors":[{"code":131026,"title":"undeliverable"}],"phone_number_id":"1055"}`, p.queues["WHATSAPP_STATUS_UPDATES"][1])
	})
	t.Run("WA-1 the queues' names are settings", func(t *testing.T) {
		p := &published{}
		body := hook("1055", textMessage)
		h := NewWebhook(WebhookConfig{Tenants: tenants{}, Queue: p, InboundQueue: "IN", StatusQueue: "ST"})
		require.Equal(t, http.StatusOK, post(t, h, body, Sign("acme-secret", []byte(body))).Code)
		require.Len(t, p.queues["IN"], 1)
	})
}

func TestWebhookSignature(t *testing.T) {
	body := hook("1055", textMessage)
	mixed := `{"entry":[{"changes":[{"value":{"metadata":{"phone_number_id":"1055"},` + textMessage + `}},
		{"value":{"metadata":{"phone_number_id":"2066"},` + textMessage + `}}]}]}`
	withUnknown := strings.Replace(mixed, "2066", "9999", 1)
	for name, row := range map[string]struct {
		body, signature string
		status, stored  int
	}{
		"WA-2 right":                                {body, Sign("acme-secret", []byte(body)), 200, 1},
		"WA-2 absent":                               {body, "", 401, 0},
		"WA-2 another tenant's secret":              {body, Sign("bolt-secret", []byte(body)), 401, 0},
		"WA-2 of another body":                      {body, Sign("acme-secret", []byte(body+" ")), 401, 0},
		"WA-2 without its prefix":                   {body, strings.TrimPrefix(Sign("acme-secret", []byte(body)), "sha256="), 401, 0},
		"WA-2 not hexadecimal":                      {body, "sha256=zz", 401, 0},
		"WA-2 one number's is wrong: none is taken": {mixed, Sign("acme-secret", []byte(mixed)), 401, 0},
		"WA-2 no secret set signs nothing":          {hook("3077", textMessage), Sign("", []byte(hook("3077", textMessage))), 401, 0},
		"WA-3 an unknown number is ignored":         {hook("9999", textMessage), Sign("x", nil), 200, 0},
		"WA-3 beside a known one too":               {withUnknown, Sign("acme-secret", []byte(withUnknown)), 200, 1},
		"WA-3 no number at all":                     {`{"entry":[{"changes":[{"value":{"event":"x"}}]}]}`, Sign("x", nil), 200, 0},
		"WA-3 another kind of change":               {`{"entry":[{"changes":[{"value":[1]}]}]}`, Sign("x", nil), 200, 0},
	} {
		t.Run(name, func(t *testing.T) {
			p := &published{}
			w := post(t, NewWebhook(WebhookConfig{Tenants: tenants{}, Queue: p}), row.body, row.signature)
			require.Equal(t, row.status, w.Code)
			require.Len(t, p.queues["INBOUND_WHATSAPP_MESSAGES"], row.stored)
		})
	}
}

func TestWebhookRefuses(t *testing.T) {
	signed := func(body string) string { return Sign("acme-secret", []byte(body)) }
	good := hook("1055", textMessage+`,"statuses":[{"id":"wamid.B7","status":"sent","timestamp":"1"}]`)
	const most = 4 << 20 // bytes
	large := strings.Repeat(" ", most+1)
	full := good + strings.Repeat(" ", most-len(good))
	away := portal.Errorf(portal.Unavailable, "database away")
	for name, row := range map[string]struct {
		tenants tenants
		queue   published
		body    string
		status  int
	}{
		"WA-4 no queue":               {tenants{}, published{err: queue.ErrUnavailable}, good, 503},
		"WA-4 no queue for reports":   {tenants{}, published{err: queue.ErrUnavailable, errOn: "WHATSAPP_STATUS_UPDATES"}, good, 503},
		"WA-4 no database":            {tenants{away}, published{}, good, 503},
		"WA-4 an unknown failure":     {tenants{errors.New("odd")}, published{}, good, 503},
		"WA-5 larger than 4 MiB":      {tenants{}, published{}, large, 413},
		"WA-5 exactly 4 MiB is taken": {tenants{}, published{}, full, 200},
		"WA-6 not JSON":               {tenants{}, published{}, `{"entry":`, 400},
		"WA-6 not an object":          {tenants{}, published{}, `"x"`, 400},
		"WA-6 nested too deep":        {tenants{}, published{}, strings.Repeat("[", 100_000), 400},
	} {
		t.Run(name, func(t *testing.T) {
			h := NewWebhook(WebhookConfig{Tenants: row.tenants, Queue: &row.queue})
			w := post(t, h, row.body, signed(row.body))
			require.Equal(t, row.status, w.Code)
			if row.status != http.StatusOK {
				require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
				require.True(t, json.Valid(w.Body.Bytes()))
			}
		})
	}
	t.Run("WA-5 of unknown length", func(t *testing.T) {
		req := httptest.NewRequestWithContext(t.Context(), http.MethodPost, Path, strings.NewReader(large))
		req.ContentLength = -1
		req.Header.Set(SignatureHeader, "sha256=00")
		w := httptest.NewRecorder()
		NewWebhook(WebhookConfig{Tenants: tenants{}, Queue: &published{}}).ServeHTTP(w, req)
		require.Equal(t, http.StatusRequestEntityTooLarge, w.Code)
	})
	t.Run("WA-6 another method", func(t *testing.T) {
		w := httptest.NewRecorder()
		NewWebhook(WebhookConfig{Tenants: tenants{}, Queue: &published{}}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodPut, Path, nil))
		require.Equal(t, http.StatusMethodNotAllowed, w.Code)
		require.Equal(t, "GET, POST", w.Header().Get("Allow"))
	})
	t.Run("WA-6 another path", func(t *testing.T) {
		for _, path := range []string{"/webhooks/", "/webhooks/whatsapp/", "/webhooks/telegram"} {
			w := httptest.NewRecorder()
			NewWebhook(WebhookConfig{Tenants: tenants{}, Queue: &published{}}).ServeHTTP(w, httptest.NewRequestWithContext(t.Context(), http.MethodGet, path, nil))
			require.Equal(t, http.StatusNotFound, w.Code)
			require.Equal(t, "application/problem+json", w.Header().Get("Content-Type"))
		}
	})
}

func TestVerification(t *testing.T) {
	get := func(t *testing.T, from tenants, mode, token string) *httptest.ResponseRecorder {
		t.Helper()
		query := url.Values{"hub.mode": {mode}, "hub.verify_token": {token}, "hub.challenge": {"<b>4711"}}
		w := httptest.NewRecorder()
		NewWebhook(WebhookConfig{Tenants: from, Queue: &published{}}).ServeHTTP(w,
			httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/webhooks/whatsapp?"+query.Encode(), nil))
		return w
	}
	t.Run("WA-7 any tenant's verify token gets the challenge back as text", func(t *testing.T) {
		for _, token := range []string{"acme-verify", "bolt-verify"} {
			w := get(t, tenants{}, "subscribe", token)
			require.Equal(t, http.StatusOK, w.Code)
			require.Equal(t, "<b>4711", w.Body.String())
			require.Equal(t, "text/plain; charset=utf-8", w.Header().Get("Content-Type"))
			require.Equal(t, "nosniff", w.Header().Get("X-Content-Type-Options"))
		}
	})
	t.Run("WA-7 everything else is forbidden", func(t *testing.T) {
		for _, row := range [][2]string{{"subscribe", "wrong"}, {"subscribe", ""}, {"unsubscribe", "acme-verify"}, {"", "acme-verify"}} {
			w := get(t, tenants{}, row[0], row[1])
			require.Equal(t, http.StatusForbidden, w.Code)
			require.NotContains(t, w.Body.String(), "4711")
		}
	})
	t.Run("WA-4 without the database it is tried again", func(t *testing.T) {
		require.Equal(t, http.StatusServiceUnavailable, get(t, tenants{errors.New("away")}, "subscribe", "acme-verify").Code)
	})
}
