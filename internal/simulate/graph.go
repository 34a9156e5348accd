package simulate

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/agentportal/portal/internal/whatsapp"
)

// graphAPI is the simulated Graph API, and the pictures that customers send.
func (s *Simulator) graphAPI() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /{version}/{number}/messages", s.takeSend)
	mux.HandleFunc("GET /{version}/{number}", s.tell)
	mux.HandleFunc("GET /media/{name}", s.serveMedia)
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		refuse(w, http.StatusNotFound, whatsapp.GraphError{Code: "100", Type: "GraphMethodException", Message: "Unsupported request"})
	})
	return mux
}

// caller is the tenant whose number and token a request has; another one is refused.
func (s *Simulator) caller(w http.ResponseWriter, r *http.Request) (Tenant, bool) {
	tenant, known := s.tenant(r.PathValue("number"))
	if !known || r.Header.Get("Authorization") != "Bearer "+tenant.AccessToken {
		refuse(w, http.StatusUnauthorized, whatsapp.GraphError{Code: "190", Type: "OAuthException", Message: "Invalid OAuth access token"})
		return Tenant{}, false
	}
	return tenant, true
}

// known tells whether a request has the token of one of our tenants; another one is refused.
func (s *Simulator) known(w http.ResponseWriter, r *http.Request) bool {
	token, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
	if slices.ContainsFunc(s.cfg.Tenants, func(t Tenant) bool { return t.AccessToken == token }) {
		return true
	}
	refuse(w, http.StatusUnauthorized, whatsapp.GraphError{Code: "190", Type: "OAuthException", Message: "Invalid OAuth access token"})
	return false
}

// tell answers what is asked of an id: a file's or a number's.
func (s *Simulator) tell(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(r.PathValue("number"), mediaFolder) {
		s.tellMedia(w, r)
		return
	}
	s.tellNumber(w, r)
}

// tellNumber answers the portal's check of a channel.
func (s *Simulator) tellNumber(w http.ResponseWriter, r *http.Request) {
	if tenant, ok := s.caller(w, r); ok {
		answer(w, http.StatusOK, whatsapp.PhoneNumber{ID: tenant.PhoneNumberID, DisplayPhoneNumber: tenant.DisplayPhoneNumber,
			VerifiedName: "Simulated number"})
	}
}

// takeSend answers the portal's sender.
func (s *Simulator) takeSend(w http.ResponseWriter, r *http.Request) {
	tenant, ok := s.caller(w, r)
	if !ok {
		return
	}
	var send whatsapp.SendRequest
	err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<20)).Decode(&send)
	if err != nil || send.MessagingProduct != "whatsapp" || send.To == "" || send.Type != "text" ||
		send.Text.Body == "" || utf8.RuneCountInString(send.Text.Body) > 4096 {
		refuse(w, http.StatusBadRequest, whatsapp.GraphError{Code: "100", Type: "OAuthException", Message: "Invalid parameter"})
		return
	}
	s.mu.Lock()
	busy, lost := s.chance(s.cfg.Faults.Busy), s.chance(s.cfg.Faults.Lost)
	s.mu.Unlock()
	if busy {
		w.Header().Set("Retry-After", "1")
		refuse(w, http.StatusServiceUnavailable, whatsapp.GraphError{Code: "131016", Message: "Service unavailable"})
		return
	}
	wamid := newWAMID()
	s.receive(tenant, send, wamid)
	if lost {
		panic(http.ErrAbortHandler) // net/http's way to break the connection off
	}
	answer(w, http.StatusOK, whatsapp.SendResponse{
		MessagingProduct: "whatsapp",
		Contacts:         []whatsapp.SendContact{{Input: send.To, WaID: send.To}},
		Messages:         []whatsapp.SendID{{ID: wamid}},
	})
}

func (s *Simulator) tenant(number string) (Tenant, bool) {
	for _, t := range s.cfg.Tenants {
		if t.PhoneNumberID == number {
			return t, true
		}
	}
	return Tenant{}, false
}

func newWAMID() string { return "wamid.SIM" + rand.Text() }

func refuse(w http.ResponseWriter, status int, err whatsapp.GraphError) {
	answer(w, status, whatsapp.SendResponse{Error: &err})
}

func answer(w http.ResponseWriter, status int, body any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(raw(body)) // an error is the caller's
}

// receive is what happens after the provider took an agent's message: the phone reports, the customer answers.
func (s *Simulator) receive(t Tenant, send whatsapp.SendRequest, wamid string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stats.Received++
	sent := s.soon(80*time.Millisecond, 300*time.Millisecond)
	delivered := sent + s.soon(300*time.Millisecond, 1200*time.Millisecond)
	read := delivered + s.soon(800*time.Millisecond, 3*time.Second)
	report := func(after time.Duration, status string, errs ...whatsapp.GraphError) {
		s.time.in(after, send.To, func(ctx context.Context) {
			s.portal.report(ctx, t, whatsapp.Status{
				ID: wamid, Status: status, Timestamp: stamp(time.Now()), RecipientID: send.To, Errors: errs,
			})
		})
	}
	report(sent, "sent")
	if strings.HasPrefix(send.Text.Body, "/fail") || s.chance(s.cfg.Faults.Undelivered) {
		report(delivered, "failed", whatsapp.GraphError{Code: "131026", Title: "Message undeliverable", Message: "Message undeliverable",
			ErrorData: &whatsapp.ErrorData{Details: "Message Undeliverable."}})
		return
	}
	if s.chance(s.cfg.Faults.Late) {
		delivered, read = read, delivered
	}
	report(delivered, "delivered")
	report(read, "read")
	s.answerAgent(t, send, wamid, max(delivered, read))
}

// answerAgent lets the customer answer, if it is one of ours and there is something to say. s.mu is held.
func (s *Simulator) answerAgent(t Tenant, send whatsapp.SendRequest, wamid string, after time.Duration) {
	c := s.cast.known(t.PhoneNumberID, send.To)
	if c == nil {
		return
	}
	asked := strings.ContainsAny(send.Text.Body, "?؟？")
	lines := c.react(asked, s.random)
	for _, l := range lines {
		after += s.soon(1500*time.Millisecond, 5*time.Second)
		s.time.in(after, c.waID, func(ctx context.Context) { s.say(ctx, c, l, wamid) })
	}
}

// speak lets a customer say the next thing of their own.
func (s *Simulator) speak(c *customer) {
	s.mu.Lock()
	l := c.next(s.random)
	s.mu.Unlock()
	s.time.in(0, c.waID, func(ctx context.Context) { s.say(ctx, c, l, "") })
}

// say sends a line as the message that it is; about is the message that a reaction is to.
func (s *Simulator) say(ctx context.Context, c *customer, l line, about string) {
	m := whatsapp.Message{ID: newWAMID(), Type: "text", Text: &whatsapp.Text{Body: l.Text}}
	switch {
	case l.Image != "":
		m.Type, m.Text = "image", nil
		m.Image = &whatsapp.Media{ID: mediaID(l.Image + ".png"), MimeType: "image/png", Caption: l.Text}
	case l.Document != "":
		m.Type, m.Text = "document", nil
		m.Document = &whatsapp.Media{ID: mediaID(l.Document + ".pdf"), MimeType: "application/pdf", Caption: l.Text, Filename: l.Document + ".pdf"}
	case l.Location != nil:
		m.Type, m.Text = "location", nil
		m.Location = l.Location
	case l.Reaction != "" && about != "":
		m.Type, m.Text = "reaction", nil
		m.Reaction = &whatsapp.Reaction{MessageID: about, Emoji: l.Reaction}
	}
	s.portal.message(ctx, c, m)
}
