package whatsapp

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/agentportal/portal"
)

// oneAnswer answers every call alike, and keeps the last one.
type oneAnswer struct {
	status int
	body   string
	err    error
	asked  *http.Request
}

func (p *oneAnswer) RoundTrip(r *http.Request) (*http.Response, error) {
	p.asked = r
	if p.err != nil {
		return nil, p.err
	}
	return &http.Response{StatusCode: p.status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(p.body)), Request: r}, nil
}

func TestCheck(t *testing.T) {
	channel := portal.WhatsApp{PhoneNumberID: "1055", AccessToken: "the-token"}
	refusal := `{"error":{"code":190,"message":"Session has expired"}}`
	for name, row := range map[string]struct {
		provider oneAnswer
		channel  portal.WhatsApp
		want     string
		code     portal.Code
	}{
		"all is well":      {oneAnswer{status: 200, body: `{"id":"1055","verified_name":"Acme","display_phone_number":"+1 555 0100"}`}, channel, "Acme, +1 555 0100", ""},
		"a number only":    {oneAnswer{status: 200, body: `{"display_phone_number":"+1 555 0100"}`}, channel, "+1 555 0100", ""},
		"a bad token":      {oneAnswer{status: 401, body: refusal}, channel, "access token (Session has expired)", portal.Invalid},
		"a wrong number":   {oneAnswer{status: 400, body: `{}`}, channel, "phone number id", portal.Invalid},
		"busy":             {oneAnswer{status: 429, body: `{}`}, channel, "answers 429", portal.Unavailable},
		"broken":           {oneAnswer{status: 500, body: `<html>`}, channel, "answers 500", portal.Unavailable},
		"no provider":      {oneAnswer{status: 200, body: `<html>`}, channel, "none of the Cloud API's", portal.Unavailable},
		"unreachable":      {oneAnswer{err: errors.New("connection refused")}, channel, "connection refused", portal.Unavailable},
		"nothing to check": {oneAnswer{}, portal.WhatsApp{}, "first", portal.Invalid},
	} {
		t.Run("WA-32 "+name, func(t *testing.T) {
			s := NewSender(SenderConfig{Transport: &row.provider})
			got, err := s.Check(t.Context(), row.channel)
			require.Equal(t, row.code, portal.CodeOf(err))
			if err != nil {
				var e *portal.Error
				require.ErrorAs(t, err, &e)
				got = e.Message
			}
			require.Contains(t, got, row.want)
			require.NotContains(t, got, "the-token")
			if row.channel.AccessToken != "" {
				require.Equal(t, "/v23.0/1055", row.provider.asked.URL.Path)
				require.Equal(t, "Bearer the-token", row.provider.asked.Header.Get("Authorization"))
			}
		})
	}
}
