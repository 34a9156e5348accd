// Package page serves the built web app: its files, index.html for every route of the app, and the headers that
// keep the page safe. Files are read once, compressed once, and answered from memory.
package page

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"sync"
)

// hashed is where the build puts files whose names change with their content.
const hashed = "assets/"

// index is the file that every route of the app begins with.
const index = "index.html"

// smallest is from how many bytes on compressing is worth it: below, a response is one packet anyway.
const smallest = 1200

// file is one file of the build.
type file struct {
	content []byte
	kind    string // its Content-Type
	etag    string
	gzipped func() []byte // nil where that is no gain
	lasting bool          // its name changes with its content
}

// New makes the handler of everything that no other handler has. files is the build, with index.html at its root;
// without one, every route answers how to get it.
func New(files fs.FS) (http.Handler, error) {
	all := map[string]*file{}
	err := fs.WalkDir(files, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(d.Name(), ".") {
			return err
		}
		content, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		all[name] = newFile(name, content)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the page's files: %w", err)
	}
	return &handler{files: all}, nil
}

func newFile(name string, content []byte) *file {
	sum := sha256.Sum256(content)
	f := &file{
		content: content,
		kind:    kindOf(name),
		etag:    `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`,
		lasting: strings.HasPrefix(name, hashed),
	}
	if len(content) >= smallest && compressible(f.kind) {
		f.gzipped = sync.OnceValue(func() []byte { return compress(content) })
	}
	return f
}

// kindOf doesn't ask the operating system's table first, which differs from machine to machine.
func kindOf(name string) string {
	switch ext := path.Ext(name); ext {
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".html":
		return "text/html; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	case ".woff2":
		return "font/woff2"
	default:
		if kind := mime.TypeByExtension(ext); kind != "" {
			return kind
		}
		return "application/octet-stream"
	}
}

func compressible(kind string) bool {
	return strings.HasPrefix(kind, "text/") || strings.HasPrefix(kind, "application/json") ||
		strings.HasPrefix(kind, "application/manifest") || kind == "image/svg+xml"
}

func compress(content []byte) []byte {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err != nil {
		return nil
	}
	if _, err := w.Write(content); err != nil {
		return nil
	}
	if err := w.Close(); err != nil {
		return nil
	}
	return b.Bytes()
}

type handler struct{ files map[string]*file }

// ServeHTTP implements http.Handler.
func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	headers(w.Header())
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		http.Error(w, "Here only GET will do.", http.StatusMethodNotAllowed)
		return
	}
	f, found := h.find(r.URL.Path)
	switch {
	case found:
		f.serve(w, r)
	case h.files[index] == nil:
		w.Header().Set("Retry-After", "60")
		http.Error(w, "This binary was built without its page. Run `make build`, then start it again.", http.StatusServiceUnavailable)
	default:
		http.Error(w, "There is nothing here.", http.StatusNotFound)
	}
}

// find maps a path to a file. What looks like no file is a route of the app, which begins with index.html.
func (h *handler) find(urlPath string) (*file, bool) {
	name := strings.TrimPrefix(path.Clean("/"+urlPath), "/")
	if name == "" {
		name = index
	}
	if f, ok := h.files[name]; ok {
		return f, true
	}
	if strings.HasPrefix(name, hashed) || path.Ext(name) != "" {
		return nil, false
	}
	f, ok := h.files[index]
	return f, ok
}

func (f *file) serve(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Type", f.kind)
	h.Set("ETag", f.etag)
	h.Set("Cache-Control", "no-cache") // may be kept, but is asked for each time
	if f.lasting {
		h.Set("Cache-Control", "public, max-age=31536000, immutable") // a year, the most that is honoured
	}
	if f.gzipped != nil {
		h.Add("Vary", "Accept-Encoding")
	}
	if matches(r.Header.Get("If-None-Match"), f.etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	content := f.content
	if f.gzipped != nil && accepts(r.Header.Get("Accept-Encoding"), "gzip") {
		if smaller := f.gzipped(); smaller != nil {
			content = smaller
			h.Set("Content-Encoding", "gzip")
		}
	}
	h.Set("Content-Length", strconv.Itoa(len(content)))
	if r.Method == http.MethodGet {
		_, _ = w.Write(content) // a reader that went away is nobody's problem
	}
}

// matches tells whether an If-None-Match header (RFC 9110 section 13.1.2) holds the tag.
func matches(header, etag string) bool {
	for candidate := range strings.SplitSeq(header, ",") {
		if c := strings.TrimPrefix(strings.TrimSpace(candidate), "W/"); c == etag || c == "*" {
			return true
		}
	}
	return false
}

// accepts tells whether an Accept-Encoding header (RFC 9110 section 12.5.3) takes the coding.
func accepts(header, coding string) bool {
	for part := range strings.SplitSeq(header, ",") {
		name, parameters, _ := strings.Cut(part, ";")
		if !strings.EqualFold(strings.TrimSpace(name), coding) {
			continue
		}
		weight, stated := strings.CutPrefix(strings.ReplaceAll(parameters, " ", ""), "q=")
		q, err := strconv.ParseFloat(weight, 64)
		return !stated || (err == nil && q > 0)
	}
	return false
}
