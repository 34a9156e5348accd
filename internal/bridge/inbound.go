package bridge

import (
	"errors"
	"path"
	"strings"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// longestNumber bounds a wa_id; the longest telephone number has 15 digits.
const longestNumber = 32

// decodeInbound reads a message from a contact.
func decodeInbound(body []byte) (l letter[desk.Inbound], err error) {
	f, err := parse(body)
	if err != nil {
		return l, err
	}
	if l.tenantID, l.phoneNumberID, err = f.tenant(); err != nil {
		return l, err
	}
	in := &l.item
	in.TenantID, in.PhoneNumberID = l.tenantID, l.phoneNumberID
	if in.WAMID, err = f.wamid(); err != nil {
		return l, err
	}
	if in.WaID, err = f.waID(); err != nil {
		return l, err
	}
	l.lane = in.WaID
	if in.At, err = f.timestamp(); err != nil {
		return l, err
	}
	return l, f.content(in)
}

func (f fields) waID() (string, error) {
	waID, err := f.number("wa_id")
	if err != nil {
		return "", err
	}
	waID = strings.TrimPrefix(strings.TrimSpace(waID), "+")
	switch {
	case waID == "":
		return "", errors.New("wa_id is missing")
	case !isDigits(waID), len(waID) > longestNumber:
		return "", errors.New("wa_id is no phone number")
	}
	return waID, nil
}

// content reads what the message says.
func (f fields) content(in *desk.Inbound) error {
	var name, text, caption, media, mediaID, kind, mime, file string
	err := f.texts(map[string]*string{"contact_name": &name, "message_text": &text, "caption": &caption,
		"media_url": &media, "media_id": &mediaID, "type": &kind, "mime_type": &mime, "filename": &file})
	if err != nil {
		return err
	}
	if text == "" && media == "" && kind == "" {
		return errors.New("message_text, media_url and type are missing")
	}
	in.ContactName = strings.TrimSpace(name)
	in.Text = captioned(text, caption)
	in.MediaURL, in.MediaID, in.MimeType, in.Filename = optional(media), optional(mediaID), optional(mime), optional(file)
	in.Type = typeOf(kind, media, mime)
	return nil
}

// captioned puts a caption into the message's text, losing neither.
func captioned(text, caption string) string {
	switch {
	case caption == "" || caption == text:
		return text
	case text == "":
		return caption
	}
	return text + "\n" + caption
}

// typeOf is the message's type: the one given, else told from the
// media's URL.
func typeOf(kind, media, mime string) portal.MessageType {
	switch {
	case kind != "":
		return portal.MessageType(kind)
	case media == "":
		return portal.TypeText
	}
	address, _, _ := strings.Cut(media, "#") // not url.Parse: many an address is none, and has an ending all the same
	address, _, _ = strings.Cut(address, "?")
	if _, place, ok := strings.Cut(address, "://"); ok {
		_, address, _ = strings.Cut(place, "/") // a host's ending is none of a file's
	}
	switch strings.ToLower(path.Ext(address)) {
	case ".jpg", ".jpeg", ".png", ".gif", ".webp", ".heic", ".heif", ".bmp", ".tif", ".tiff", ".avif", ".svg":
		return portal.TypeImage
	case ".mp4", ".3gp", ".3gpp", ".mov", ".webm", ".mkv", ".avi", ".m4v", ".mpg", ".mpeg":
		return portal.TypeVideo
	case ".mp3", ".ogg", ".oga", ".opus", ".aac", ".amr", ".m4a", ".wav", ".flac":
		return portal.TypeAudio
	case "":
		return typeOfMIME(mime)
	}
	return portal.TypeDocument
}

// typeOfMIME serves addresses without an ending.
func typeOfMIME(mime string) portal.MessageType {
	switch kind, _, _ := strings.Cut(mime, "/"); kind {
	case "image":
		return portal.TypeImage
	case "video":
		return portal.TypeVideo
	case "audio":
		return portal.TypeAudio
	}
	return portal.TypeDocument
}

func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
