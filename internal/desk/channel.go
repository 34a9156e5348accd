package desk

import (
	"context"
	"strings"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// mask stands for the part of a secret that isn't shown.
const mask = "••••"

// Channel is the tenant's WhatsApp channel as an admin sees it: of the provider's
// secrets at most the last four characters. The verify token is shown, because the
// admin has to copy it into the provider's settings.
type Channel struct {
	PhoneNumberID      string `json:"phoneNumberId"`
	DisplayPhoneNumber string `json:"displayPhoneNumber"`
	AccessToken        string `json:"accessToken"`
	AppSecret          string `json:"appSecret"`
	VerifyToken        string `json:"verifyToken"`
}

// Channel shows the tenant's WhatsApp channel. Admins only.
func (d *Desk) Channel(ctx context.Context, who portal.Identity) (Channel, error) {
	if who.Role != portal.RoleAdmin {
		return Channel{}, errForbidden()
	}
	var tenant portal.Tenant
	err := d.view(ctx, who, func(tx store.ReadTx) (err error) {
		tenant, err = tx.Tenant(ctx)
		return err
	})
	return masked(tenant.WhatsApp), err
}

// ChannelChange is what to change of the channel; nil leaves as it is.
type ChannelChange struct {
	PhoneNumberID, DisplayPhoneNumber, AccessToken, AppSecret, VerifyToken *string
}

// UpdateChannel changes the tenant's WhatsApp channel. Admins only. A phone number
// id that another tenant has is a Conflict.
func (d *Desk) UpdateChannel(ctx context.Context, who portal.Identity, in ChannelChange) (Channel, error) {
	if who.Role != portal.RoleAdmin {
		return Channel{}, errForbidden()
	}
	var channel portal.WhatsApp
	err := d.update(ctx, who.TenantID, func(c *change) error {
		tenant, err := c.tx.Tenant(ctx)
		if err != nil {
			return err
		}
		channel = tenant.WhatsApp
		if err := in.apply(&channel); err != nil {
			return err
		}
		err = c.tx.PutWhatsApp(ctx, channel)
		if portal.CodeOf(err) == portal.Conflict {
			return &portal.Error{Code: portal.Conflict, Why: portal.WhyPhoneNumberInUse, Message: "the phone number id is in use", Err: err}
		}
		return err
	})
	if err != nil {
		return Channel{}, err
	}
	d.tenants.forget()
	return masked(channel), nil
}

func (in ChannelChange) apply(w *portal.WhatsApp) error {
	for _, field := range []struct {
		name string
		from *string
		to   *string
	}{
		{"phoneNumberId", in.PhoneNumberID, &w.PhoneNumberID},
		{"displayPhoneNumber", in.DisplayPhoneNumber, &w.DisplayPhoneNumber},
		{"accessToken", in.AccessToken, &w.AccessToken},
		{"appSecret", in.AppSecret, &w.AppSecret},
		{"verifyToken", in.VerifyToken, &w.VerifyToken},
	} {
		if field.from == nil {
			continue
		}
		value := strings.TrimSpace(*field.from)
		if strings.HasPrefix(value, mask) || len(value) > 1024 || value != clean(value) || strings.ContainsAny(value, "\r\n") {
			return portal.Refuse(portal.Invalid, portal.WhyChannelValue, "%s can't be that", field.name)
		}
		*field.to = value
	}
	return nil
}

func masked(w portal.WhatsApp) Channel {
	return Channel{PhoneNumberID: w.PhoneNumberID, DisplayPhoneNumber: w.DisplayPhoneNumber,
		AccessToken: maskSecret(w.AccessToken), AppSecret: maskSecret(w.AppSecret), VerifyToken: w.VerifyToken}
}

// maskSecret shows the end of a secret only where that leaves enough unknown.
func maskSecret(s string) string {
	switch {
	case s == "":
		return ""
	case len(s) < 16:
		return mask
	}
	return mask + s[len(s)-4:]
}
