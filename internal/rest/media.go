package rest

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/desk"
)

// shownTypes are what browsers show by themselves and what can't run anything in the portal's name. All else is
// something to save.
var shownTypes = map[string]bool{
	"image/jpeg": true, "image/png": true, "image/gif": true, "image/webp": true, "image/avif": true, "image/bmp": true,
	"audio/aac": true, "audio/amr": true, "audio/mp4": true, "audio/mpeg": true, "audio/ogg": true, "audio/wav": true, "audio/webm": true,
	"video/3gpp": true, "video/mp4": true, "video/ogg": true, "video/webm": true,
	"application/pdf": true,
}

type mediaInput struct {
	ID          string `path:"messageId"`
	Part        string `header:"Range" doc:"A part, as players ask for."`
	IfRange     string `header:"If-Range"`
	IfNoneMatch string `header:"If-None-Match"`
}

func (s *server) mediaRoutes(api huma.API) {
	file := map[string]*huma.MediaType{"*/*": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}}
	handle(s, api, call{id: "media", method: http.MethodGet, path: "/api/media/{messageId}", tag: "Messages", summary: "The file of a message",
		about: "A message's mediaUrl leads here where the provider keeps its file. A browser that has signed in needs no header: the media cookie will do.",
		or:    mediaCookie, errors: []int{http.StatusNotFound},
		answers: map[string]*huma.Response{
			"200": {Description: "The file.", Content: file},
			"206": {Description: "The part that was asked for.", Content: file},
			"304": {Description: "It is as it was."},
			"416": {Description: "There is no such part."},
		}}, s.media)
}

func (s *server) media(ctx context.Context, who portal.Identity, in *mediaInput) (*huma.StreamResponse, error) {
	media, err := s.Desk.Media(ctx, who, in.ID)
	if err != nil {
		return nil, err
	}
	tag := tagOf(media)
	if strings.Contains(in.IfNoneMatch, tag) {
		return &huma.StreamResponse{Body: func(c huma.Context) {
			mediaHeaders(c, tag)
			c.SetStatus(http.StatusNotModified)
		}}, nil
	}
	if s.OpenMedia == nil {
		return nil, portal.Refuse(portal.Unavailable, portal.WhyChannelNotTriedHere, "This installation can't fetch files.")
	}
	if in.IfRange != "" && in.IfRange != tag {
		in.Part = ""
	}
	file, err := s.OpenMedia(ctx, media, in.Part)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(c huma.Context) { s.pass(c, media, file, tag) }}, nil
}

// tagOf names a file, which never changes, without giving its id away.
func tagOf(m desk.Media) string {
	sum := sha256.Sum256([]byte(m.Channel.PhoneNumberID + "/" + m.ID))
	return `"` + hex.EncodeToString(sum[:12]) + `"`
}

// mediaHeaders let a browser keep a file and ask each time whether it still may show it.
func mediaHeaders(c huma.Context, tag string) {
	c.SetHeader("Cache-Control", "private, no-cache")
	c.SetHeader("ETag", tag)
	c.SetHeader("Cross-Origin-Resource-Policy", "same-site")
}

// pass sends a file on as it comes.
func (s *server) pass(c huma.Context, media desk.Media, file *desk.MediaFile, tag string) {
	defer func() { _ = file.Body.Close() }()
	mediaHeaders(c, tag)
	describe(c, media, file)
	c.SetHeader("Accept-Ranges", "bytes")
	if file.Range != "" {
		c.SetHeader("Content-Range", file.Range)
	}
	if file.Length >= 0 {
		c.SetHeader("Content-Length", strconv.FormatInt(file.Length, 10))
	}
	c.SetStatus(file.Status)
	r, w := humago.Unwrap(c)
	if r.Method == http.MethodHead {
		return
	}
	if _, err := io.Copy(patient{w, http.NewResponseController(w)}, file.Body); err != nil && c.Context().Err() == nil {
		s.Logger.Warn("a file broke off", "err", err)
		panic(http.ErrAbortHandler) // so that half a file isn't taken for a whole one
	}
}

// patience is how long a reader may take for each piece of a file. A large one on a thin line takes longer than any
// other answer may, and who reads nothing is still let go.
const patience = time.Minute

// patient is the way to a reader who has time for each piece anew.
type patient struct {
	to      io.Writer
	control *http.ResponseController
}

// Write implements io.Writer.
func (p patient) Write(b []byte) (int, error) {
	_ = p.control.SetWriteDeadline(time.Now().Add(patience)) // a recorder has none, and nobody to wait for
	return p.to.Write(b)
}

// describe says what a file is and whether it may be shown. Nothing of it is ever run: a document of the portal's
// own origin that an outsider has sent gets no rights at all.
func describe(c huma.Context, media desk.Media, file *desk.MediaFile) {
	kind, _, err := mime.ParseMediaType(file.MimeType)
	if err != nil {
		kind, _, _ = mime.ParseMediaType(media.MimeType)
	}
	disposition := "inline"
	if !shownTypes[kind] {
		kind, disposition = "application/octet-stream", "attachment"
	}
	policy := "default-src 'none'; frame-ancestors 'none'; sandbox"
	if kind == "application/pdf" {
		policy = "default-src 'none'; frame-ancestors 'none'; style-src 'unsafe-inline'; object-src 'self'" // browsers show none in a sandbox
	}
	var names map[string]string
	if media.Filename != "" {
		names = map[string]string{"filename": media.Filename}
	}
	c.SetHeader("Content-Type", kind)
	c.SetHeader("Content-Security-Policy", policy)
	c.SetHeader("Content-Disposition", mime.FormatMediaType(disposition, names))
}
