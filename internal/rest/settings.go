package rest

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// Settings are those of the installation that its users may see.
type Settings struct {
	AllowedOrigins      []string `json:"allowedOrigins" doc:"Origins beside the portal's own whose pages may use REST and sockets."`
	LogRetentionSeconds int64    `json:"logRetentionSeconds" doc:"How long events are kept for clients that come back."`
	Version             string   `json:"version"`
}

// ChannelBody is the tenant's WhatsApp channel. Of secrets only the end is shown.
type ChannelBody struct {
	PhoneNumberID      string `json:"phoneNumberId"`
	DisplayPhoneNumber string `json:"displayPhoneNumber"`
	AccessToken        string `json:"accessToken" doc:"Masked."`
	AppSecret          string `json:"appSecret" doc:"Masked."`
	VerifyToken        string `json:"verifyToken"`
	WebhookURL         string `json:"webhookUrl" doc:"Goes into the app's settings at Meta, with the verify token."`
}

// ChannelChangeBody is what to change of the channel; what is absent stays.
type ChannelChangeBody struct {
	PhoneNumberID      *string `json:"phoneNumberId,omitempty" maxLength:"64"`
	DisplayPhoneNumber *string `json:"displayPhoneNumber,omitempty" maxLength:"64"`
	AccessToken        *string `json:"accessToken,omitempty" maxLength:"1024"`
	AppSecret          *string `json:"appSecret,omitempty" maxLength:"1024"`
	VerifyToken        *string `json:"verifyToken,omitempty" maxLength:"1024"`
}

// ChannelTestBody tells whether the provider takes the channel's access token. It is an answer of its own, and no
// failure of the call, that it doesn't.
type ChannelTestBody struct {
	OK      bool           `json:"ok"`
	Message string         `json:"message" doc:"The name that the channel goes by, or what is wrong and what to do."`
	Reason  portal.Refusal `json:"reason,omitempty" doc:"What is wrong, for programs: one of a problem's reasons."`
}

type channelInput struct{ Origin }

type channelChangeInput struct {
	Origin
	Body ChannelChangeBody
}

func (s *server) settingsRoutes(api huma.API) {
	const tag, path = "Settings", "/api/settings/whatsapp"
	admins := []int{http.StatusForbidden}
	handle(s, api, call{id: "settings", method: http.MethodGet, path: "/api/settings", tag: tag, summary: "The installation's settings"}, s.settings)
	handle(s, api, call{id: "getChannel", method: http.MethodGet, path: path, tag: tag, summary: "The WhatsApp channel (admins)", errors: admins}, s.channel)
	handle(s, api, call{id: "updateChannel", method: http.MethodPut, path: path, tag: tag, summary: "Change the WhatsApp channel (admins)",
		errors: append(admins, http.StatusConflict)}, s.updateChannel)
	handle(s, api, call{id: "testChannel", method: http.MethodPost, path: path + "/test", tag: tag, summary: "Try the WhatsApp channel (admins)", errors: admins}, s.testChannel)
}

func (s *server) settings(context.Context, portal.Identity, *none) (*body[Settings], error) {
	shown := s.Shown
	shown.AllowedOrigins = notNil(s.AllowedOrigins)
	shown.Version = s.Version
	return &body[Settings]{shown}, nil
}

func (s *server) channel(ctx context.Context, who portal.Identity, in *channelInput) (*body[ChannelBody], error) {
	c, err := s.Desk.Channel(ctx, who)
	if err != nil {
		return nil, err
	}
	return channelOf(c, in.Origin), nil
}

func (s *server) updateChannel(ctx context.Context, who portal.Identity, in *channelChangeInput) (*body[ChannelBody], error) {
	c, err := s.Desk.UpdateChannel(ctx, who, desk.ChannelChange{PhoneNumberID: in.Body.PhoneNumberID,
		DisplayPhoneNumber: in.Body.DisplayPhoneNumber, AccessToken: in.Body.AccessToken, AppSecret: in.Body.AppSecret,
		VerifyToken: in.Body.VerifyToken})
	if err != nil {
		return nil, err
	}
	return channelOf(c, in.Origin), nil
}

// testChannel goes to the provider with the channel's real secrets, which the desk shows nobody: the tenant is
// found by the number of the channel that who may see.
func (s *server) testChannel(ctx context.Context, who portal.Identity, _ *none) (*body[ChannelTestBody], error) {
	seen, err := s.Desk.Channel(ctx, who)
	if err != nil {
		return nil, err
	}
	if seen.PhoneNumberID == "" {
		return &body[ChannelTestBody]{ChannelTestBody{Message: "Enter the phone number id first.", Reason: portal.WhyChannelIncomplete}}, nil
	}
	if s.TestChannel == nil {
		return nil, portal.Refuse(portal.Unavailable, portal.WhyChannelNotTriedHere, "This installation can't try channels.")
	}
	tenant, err := s.Desk.TenantByPhoneNumberID(ctx, seen.PhoneNumberID)
	if err != nil {
		return nil, err
	}
	if tenant.ID != who.TenantID {
		return nil, portal.Errorf(portal.NotFound, "no such channel")
	}
	name, err := s.TestChannel(ctx, tenant.WhatsApp)
	if err != nil {
		p := problemOf(err)
		return &body[ChannelTestBody]{ChannelTestBody{Message: p.Detail, Reason: p.Reason}}, nil
	}
	return &body[ChannelTestBody]{ChannelTestBody{OK: true, Message: name}}, nil
}

func channelOf(c desk.Channel, o Origin) *body[ChannelBody] {
	scheme := "http"
	if o.secure {
		scheme = "https"
	}
	return &body[ChannelBody]{ChannelBody{PhoneNumberID: c.PhoneNumberID, DisplayPhoneNumber: c.DisplayPhoneNumber,
		AccessToken: c.AccessToken, AppSecret: c.AppSecret, VerifyToken: c.VerifyToken,
		WebhookURL: scheme + "://" + o.host + "/webhooks/whatsapp"}}
}
