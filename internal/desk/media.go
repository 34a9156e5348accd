package desk

import (
	"context"
	"io"
	"net/url"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/store"
)

// MediaPath is where the portal serves the file of a message that the provider keeps.
func MediaPath(messageID string) string { return "/api/media/" + url.PathEscape(messageID) }

// Media is a file that the provider keeps, with the channel whose token opens it.
type Media struct {
	Channel  portal.WhatsApp
	ID       string // the provider's
	MimeType string // as the message told it; "": it didn't
	Filename string
}

// MediaFile is such a file on its way, or the part of it that was asked for.
type MediaFile struct {
	Body     io.ReadCloser // the reader closes it
	Status   int           // as HTTP has it: 200; of a part 206, or 416 where there is no such part
	MimeType string        // "": unknown
	Length   int64         // of the body, in bytes; -1: unknown
	Range    string        // Content-Range of a part
}

// Media finds the file of a message. Whoever may read the thread may see it. A
// message without one is NotFound, like a missing one.
func (d *Desk) Media(ctx context.Context, who portal.Identity, messageID string) (Media, error) {
	var found Media
	err := d.view(ctx, who, func(tx store.ReadTx) error {
		if !isID(messageID) {
			return errNoFile()
		}
		m, err := tx.Message(ctx, messageID)
		switch {
		case portal.CodeOf(err) == portal.NotFound, err == nil && m.MediaID == nil:
			return errNoFile()
		case err != nil:
			return err
		}
		tenant, err := tx.Tenant(ctx)
		found = Media{Channel: tenant.WhatsApp, ID: *m.MediaID, MimeType: valueOf(m.MimeType), Filename: valueOf(m.Filename)}
		return err
	})
	return found, err
}

func errNoFile() error { return portal.Errorf(portal.NotFound, "There is no such file here.") }

func valueOf(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}
