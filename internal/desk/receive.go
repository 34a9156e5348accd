package desk

import (
	"context"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/failpoint"
)

// Inbound is a message from a contact, as the provider told of it.
type Inbound struct {
	TenantID, PhoneNumberID, WAMID, WaID  string
	ContactName                           string // "": renames nobody
	At                                    portal.Time
	Type                                  portal.MessageType
	Text                                  string
	MediaURL, MediaID, MimeType, Filename *string
}

// Receive takes messages from contacts in, in order, in one transaction; if that
// fails, one by one. There is one result for each: nil when it is committed, or
// was before; Invalid or NotFound when it can never be applied, the message being
// the reason; anything else means try again. When one is to be tried again, those
// of the same contact behind it are too.
func (d *Desk) Receive(ctx context.Context, tenantID string, batch []Inbound) []error {
	items := make([]item, len(batch))
	for i := range batch {
		in := batch[i].cleaned()
		items[i] = item{lane: in.WaID, err: in.check(), apply: func(c *change) error {
			defer failpoint.Hit(failpoint.MessageWritten)
			return d.receive(ctx, c, in)
		}}
	}
	return d.applyAll(ctx, tenantID, items)
}

func (d *Desk) receive(ctx context.Context, c *change, in Inbound) error {
	_, err := c.tx.MessageByWAMID(ctx, in.WAMID)
	if portal.CodeOf(err) != portal.NotFound {
		return err // nil: the same again has no effect
	}
	contact, err := d.contact(ctx, c, in)
	if err != nil {
		return err
	}
	m := in.message(d.newID(), contact)
	conv, err := c.tx.ActiveConversation(ctx, contact.ID)
	switch {
	case portal.CodeOf(err) == portal.NotFound:
		return d.begin(ctx, c, contact, m)
	case err != nil:
		return err
	}
	m.ConversationID = conv.ID
	if err := c.messageNew(ctx, m); err != nil {
		return err
	}
	conv.UnreadCount++
	c.touch(conv, m)
	return c.conversationUpdated(ctx, conv, portal.ReasonMessage)
}

// begin starts a conversation with its first message already in it.
func (d *Desk) begin(ctx context.Context, c *change, contact portal.Contact, m *portal.Message) error {
	conv := &portal.Conversation{ID: d.newID(), TenantID: c.tenantID, Channel: portal.ChannelWhatsApp,
		Contact: contact, Status: portal.ConversationActive, UnreadCount: 1, CreatedAt: c.at}
	c.touch(conv, m)
	if err := c.conversationNew(ctx, conv); err != nil {
		return err
	}
	m.ConversationID = conv.ID
	return c.messageNew(ctx, m)
}

// contact finds or makes the sender. A new name is told of for each of the
// contact's conversations before the message's own events.
func (d *Desk) contact(ctx context.Context, c *change, in Inbound) (portal.Contact, error) {
	contact, err := c.tx.ContactByWaID(ctx, in.WaID)
	if portal.CodeOf(err) == portal.NotFound {
		contact = portal.Contact{ID: d.newID(), WaID: &in.WaID, Name: in.ContactName}
		if contact.Name == "" {
			contact.Name = "+" + in.WaID
		}
		return contact, c.tx.PutContact(ctx, contact, c.at)
	}
	if err != nil || in.ContactName == "" || in.ContactName == contact.Name {
		return contact, err
	}
	contact.Name = in.ContactName
	if err := c.tx.PutContact(ctx, contact, c.at); err != nil {
		return contact, err
	}
	convs, err := c.tx.ConversationsOf(ctx, contact.ID)
	if err != nil {
		return contact, err
	}
	for _, conv := range convs {
		conv.Contact = contact
		if err := c.conversationUpdated(ctx, conv, portal.ReasonContact); err != nil {
			return contact, err
		}
	}
	return contact, nil
}

func (in Inbound) cleaned() Inbound {
	in.WAMID, in.ContactName, in.Text = clean(in.WAMID), clean(in.ContactName), clean(in.Text)
	in.Type = portal.MessageType(clean(string(in.Type)))
	in.MediaURL, in.MediaID = cleanPtr(in.MediaURL), cleanPtr(in.MediaID)
	in.MimeType, in.Filename = cleanPtr(in.MimeType), cleanPtr(in.Filename)
	return in
}

func (in Inbound) check() error {
	switch err := checkWAMID(in.WAMID); {
	case err != nil:
		return err
	case in.WaID == "":
		return portal.Errorf(portal.Invalid, "wa_id is missing")
	case in.At.IsZero():
		return portal.Errorf(portal.Invalid, "timestamp is missing")
	case in.Type == "":
		return portal.Errorf(portal.Invalid, "type is missing")
	}
	return nil
}

func (in Inbound) message(id string, from portal.Contact) *portal.Message {
	address := in.MediaURL
	if in.MediaID != nil {
		own := MediaPath(id) // an address of the provider's is for holders of the channel's token, and for minutes
		address = &own
	}
	return &portal.Message{ID: id, Direction: portal.Inbound, Type: in.Type, Text: in.Text,
		MediaURL: address, MediaID: in.MediaID, MimeType: in.MimeType, Filename: in.Filename,
		Status: portal.StatusReceived, WAMID: &in.WAMID,
		Author: portal.Author{Type: portal.AuthorCustomer, ID: from.ID, Name: from.Name}, CreatedAt: in.At}
}
