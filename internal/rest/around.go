package rest

import (
	"net/http"
	"net/url"
	"path"
	"slices"
	"strings"
	"unicode/utf8"
)

// around is what every request passes on its way in, and every answer on its way out.
func (s *server) around(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		began := s.Now()
		out := &answer{ResponseWriter: w}
		route := ""
		if clean(r.URL.EscapedPath()) {
			_, route = mux.Handler(r)
		}
		defer func() {
			if v := recover(); v != nil {
				s.recovered(out, r, v)
			}
			_, pattern, _ := strings.Cut(route, " ") // without the method
			s.Observe(r.Method, pattern, out.status, s.Now().Sub(began))
		}()
		w.Header().Set("Cache-Control", "no-store")
		if done := s.crossOrigin(out, r); done {
			return
		}
		r, p := readable(r)
		if p != nil {
			p.write(out)
			return
		}
		if route == "" {
			unrouted(mux, out, r)
			return
		}
		mux.ServeHTTP(out, r)
	})
}

// clean tells whether a path has no empty or dot segments. The mux would redirect one that has to what it may mean;
// here it is a path like any other, and nothing lies there.
func clean(escaped string) bool {
	cleaned := path.Clean(escaped)
	return escaped == cleaned || escaped == cleaned+"/"
}

// recovered answers for a handler that panicked.
func (s *server) recovered(w *answer, r *http.Request, v any) {
	if v == http.ErrAbortHandler {
		panic(v) // net/http's own way to drop a connection
	}
	s.Logger.Error("a call panicked", "method", r.Method, "path", r.URL.Path, "panic", v)
	if w.status == 0 {
		problem(http.StatusInternalServerError, "Something went wrong on our side. Try again.").write(w)
	}
}

// readable refuses what is no text in an address, before a database meets it. The request that it returns is a copy
// with its query written out: the framework takes a name without a value for "true", where the contract takes it for absent.
func readable(r *http.Request) (*http.Request, *Problem) {
	if !isText(r.URL.Path) {
		return r, problem(http.StatusNotFound, "There is nothing here.")
	}
	own := r.WithContext(r.Context())
	own.Body = &untilItBreaks{own.Body}
	own.Header = r.Header.Clone()
	plainHeader(own.Header, "Content-Type")
	plainHeader(own.Header, "Content-Encoding")
	if r.URL.RawQuery == "" {
		return own, nil
	}
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return r, problem(http.StatusUnprocessableEntity, "The query can't be read.")
	}
	for name, values := range query {
		for _, value := range values {
			if !isText(name) || !isText(value) {
				return r, problem(http.StatusUnprocessableEntity, "The query holds something that is no text.")
			}
		}
	}
	address := *r.URL
	address.RawQuery = query.Encode()
	own.URL = &address
	return own, nil
}

func isText(s string) bool { return utf8.ValidString(s) && !strings.ContainsRune(s, 0) }

// plainHeader leaves of a header's value what it says without parameters, in the case in which the framework looks it up
// (media types and codings have any: RFC 9110 sections 8.3.1 and 8.4.1).
func plainHeader(h http.Header, name string) {
	if value := h.Get(name); value != "" {
		value, _, _ = strings.Cut(value, ";")
		h.Set(name, strings.ToLower(strings.TrimSpace(value)))
	}
}

// unrouted answers for a path or a method that has no handler. What the mux would say is kept, but as a problem.
func unrouted(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	handler, _ := mux.Handler(r)
	theirs := &discarded{header: http.Header{}}
	handler.ServeHTTP(theirs, r)
	if theirs.status == http.StatusMethodNotAllowed {
		allow := theirs.header.Get("Allow")
		w.Header().Set("Allow", allow)
		problem(http.StatusMethodNotAllowed, "Here only "+allow+" will do.").write(w)
		return
	}
	problem(http.StatusNotFound, "There is nothing here.").write(w)
}

// discarded notes what a handler says and sends nothing.
type discarded struct {
	header http.Header
	status int
}

func (d *discarded) Header() http.Header         { return d.header }
func (d *discarded) Write(b []byte) (int, error) { return len(b), nil }
func (d *discarded) WriteHeader(status int)      { d.status = status }

// answer remembers the status that was sent.
type answer struct {
	http.ResponseWriter
	status int
}

// WriteHeader implements http.ResponseWriter.
func (a *answer) WriteHeader(status int) {
	if a.status == 0 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

// Write implements http.ResponseWriter.
func (a *answer) Write(b []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	return a.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController find the connection.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// crossOrigin grants allowed origins what browsers ask for, and answers their preflights. A foreign origin gets no
// grant: its browser keeps the answer from it. It tells whether the request is answered.
func (s *server) crossOrigin(w http.ResponseWriter, r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" {
		return false
	}
	w.Header().Add("Vary", "Origin")
	granted := slices.Contains(s.AllowedOrigins, origin)
	if granted {
		w.Header().Set("Access-Control-Allow-Origin", origin)
		w.Header().Set("Access-Control-Allow-Credentials", "true")
		w.Header().Set("Access-Control-Expose-Headers", "Retry-After, WWW-Authenticate")
	}
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	if !granted {
		problem(http.StatusForbidden, "This origin may not call. PORTAL_ALLOWED_ORIGINS lists those that may.").write(w)
		return true
	}
	w.Header().Set("Access-Control-Allow-Methods", "GET, POST, PUT, PATCH, DELETE")
	w.Header().Set("Access-Control-Allow-Headers", "Authorization, Content-Type")
	w.Header().Set("Access-Control-Max-Age", "600") // seconds
	w.WriteHeader(http.StatusNoContent)
	return true
}
