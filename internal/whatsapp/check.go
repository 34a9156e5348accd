package whatsapp

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"

	"github.com/agentportal/portal"
)

// PhoneNumber is what the provider tells of a number.
type PhoneNumber struct {
	ID                 string      `json:"id,omitempty"`
	VerifiedName       string      `json:"verified_name,omitempty"`
	DisplayPhoneNumber string      `json:"display_phone_number,omitempty"`
	Error              *GraphError `json:"error,omitempty"`
}

// Check asks the provider for a channel's number, with the channel's own token, and returns the name and number that
// it goes by there. Invalid means that the settings are wrong and says which; Unavailable that the provider doesn't
// answer. Nothing is sent to anyone.
func (s *Sender) Check(ctx context.Context, channel portal.WhatsApp) (string, error) {
	if channel.PhoneNumberID == "" || channel.AccessToken == "" {
		return "", portal.Refuse(portal.Invalid, portal.WhyChannelIncomplete, "Enter the phone number id and the access token first.")
	}
	ctx, cancel := context.WithTimeout(ctx, s.cfg.CallTimeout)
	defer cancel()
	number, status, err := s.graph.phoneNumber(ctx, channel)
	switch {
	case err != nil:
		return "", &portal.Error{Code: portal.Unavailable, Why: portal.WhyChannelUnreachable, Message: "WhatsApp can't be reached: " + unanswered(err) + ". Try again.", Err: err}
	case status == http.StatusOK && number.Error == nil:
		return joinName(number), nil
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		return "", portal.Refuse(portal.Invalid, portal.WhyChannelToken, "WhatsApp refuses the access token%s. Enter a valid one.", because(number))
	case status/100 == 4 && status != http.StatusTooManyRequests:
		return "", portal.Refuse(portal.Invalid, portal.WhyChannelNumber, "WhatsApp doesn't know the phone number id, or the token may not use it%s.", because(number))
	}
	return "", portal.Refuse(portal.Unavailable, portal.WhyChannelUnreachable, "WhatsApp answers %d%s. Try again.", status, because(number))
}

// phoneNumber calls the provider once.
func (g *graph) phoneNumber(ctx context.Context, channel portal.WhatsApp) (n PhoneNumber, status int, err error) {
	address := g.base + "/" + graphVersion + "/" + url.PathEscape(channel.PhoneNumberID) + "?fields=verified_name,display_phone_number"
	status, err = g.get(ctx, address, channel.AccessToken, &n)
	return n, status, err
}

// get asks the provider once. What it answers goes into answer, also where it refuses in its own form.
func (g *graph) get(ctx context.Context, address, token string, answer any) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return 0, err
	}
	req.Header.Set("Authorization", "Bearer "+token)
	res, err := g.client.Do(req)
	if err != nil {
		return 0, err
	}
	body, err := io.ReadAll(io.LimitReader(res.Body, maxAnswer))
	if err := errors.Join(err, res.Body.Close()); err != nil {
		return 0, err
	}
	if json.Unmarshal(body, answer) != nil && res.StatusCode == http.StatusOK {
		return 0, errors.New("the answer is none of the Cloud API's")
	}
	return res.StatusCode, nil
}

func joinName(n PhoneNumber) string {
	switch {
	case n.VerifiedName == "":
		return n.DisplayPhoneNumber
	case n.DisplayPhoneNumber == "":
		return n.VerifiedName
	}
	return n.VerifiedName + ", " + n.DisplayPhoneNumber
}

// because is the provider's own reason, where it gave one.
func because(n PhoneNumber) string {
	if n.Error == nil {
		return ""
	}
	return " (" + n.Error.text() + ")"
}
