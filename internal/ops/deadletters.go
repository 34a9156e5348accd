package ops

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/queue"
)

// lookBack is how many of a queue's oldest letters are looked at to find a tenant's own.
const lookBack = 10_000

// shownBody is how much of a letter's body is shown, in bytes.
const shownBody = 16 << 10

// Tenants tells whose a dead letter is.
type Tenants interface {
	// Tenants lists all tenants.
	Tenants(ctx context.Context) ([]portal.Tenant, error)
}

// DeadLetters lets admins see, try again and throw away what could never be applied. The dead-letter queues hold
// letters of all tenants; an admin sees those of their own. A letter that names no tenant, because it isn't even
// JSON, is seen only where there is one tenant, since nobody can tell whose secrets it holds.
type DeadLetters struct {
	letters queue.DeadLetters
	tenants Tenants
	queues  []string
}

// NewDeadLetters makes the view of the named queues' dead letters.
func NewDeadLetters(letters queue.DeadLetters, tenants Tenants, queues ...string) *DeadLetters {
	return &DeadLetters{letters: letters, tenants: tenants, queues: queues}
}

// Letter is a dead letter as an admin sees it.
type Letter struct {
	Queue     string      `json:"queue" doc:"The queue that the message was taken from."`
	Key       string      `json:"key" doc:"Names the letter in its queue, until it is moved."`
	Reason    string      `json:"reason" doc:"Why it could never be applied."`
	At        portal.Time `json:"deadLetteredAt" doc:"When it was given up, as far as that is known."`
	Body      string      `json:"body" doc:"As it came. What is no text is replaced, what is long is cut."`
	Truncated bool        `json:"truncated"`
}

// List returns the oldest letters of who's tenant, at most limit of each queue.
func (d *DeadLetters) List(ctx context.Context, who portal.Identity, limit int) ([]Letter, error) {
	if err := allow(who); err != nil {
		return nil, err
	}
	var found []Letter
	for _, name := range d.queues {
		own, err := d.own(ctx, who, name)
		if err != nil {
			return nil, err
		}
		for _, l := range own[:min(limit, len(own))] {
			found = append(found, letterOf(l))
		}
	}
	return found, nil
}

// Republish puts a letter back at the end of its queue.
func (d *DeadLetters) Republish(ctx context.Context, who portal.Identity, name, key string) error {
	return d.move(ctx, who, name, key, d.letters.Republish)
}

// Discard throws a letter away.
func (d *DeadLetters) Discard(ctx context.Context, who portal.Identity, name, key string) error {
	return d.move(ctx, who, name, key, d.letters.Discard)
}

func (d *DeadLetters) move(ctx context.Context, who portal.Identity, name, key string, do func(context.Context, string, string) error) error {
	for _, known := range d.queues {
		if known != name {
			continue
		}
		own, err := d.own(ctx, who, name)
		if err != nil {
			return err
		}
		for _, l := range own {
			if l.Key != key {
				continue
			}
			if err := allow(who); err != nil { // after NotFound, as everywhere
				return err
			}
			return failure(do(ctx, name, key))
		}
	}
	return portal.Errorf(portal.NotFound, "There is no such dead letter.")
}

// own lists the letters of who's tenant, oldest first.
func (d *DeadLetters) own(ctx context.Context, who portal.Identity, name string) ([]queue.DeadLetter, error) {
	tenants, err := d.tenants.Tenants(ctx)
	if err != nil {
		return nil, err
	}
	all, err := d.letters.List(ctx, name, lookBack)
	if err != nil {
		return nil, failure(err)
	}
	var own []queue.DeadLetter
	for _, l := range all {
		if ownerOf(l.Body, tenants) == who.TenantID {
			own = append(own, l)
		}
	}
	return own, nil
}

// ownerOf tells the one tenant that a letter can be of; "" if there is none, or no telling.
func ownerOf(body []byte, tenants []portal.Tenant) string {
	if len(tenants) == 1 {
		return tenants[0].ID
	}
	var claims struct {
		TenantID      *string `json:"tenantId"`
		PhoneNumberID *string `json:"phone_number_id"`
	}
	if json.Unmarshal(body, &claims) != nil || (claims.TenantID == nil && claims.PhoneNumberID == nil) {
		return ""
	}
	for _, t := range tenants {
		tenantFits := claims.TenantID == nil || *claims.TenantID == t.ID
		numberFits := claims.PhoneNumberID == nil || *claims.PhoneNumberID == t.WhatsApp.PhoneNumberID
		if tenantFits && numberFits {
			return t.ID
		}
	}
	return ""
}

func letterOf(l queue.DeadLetter) Letter {
	shown := l.Body[:min(shownBody, len(l.Body))]
	if len(shown) < len(l.Body) {
		for i := 0; i < utf8.UTFMax && len(shown) > 0 && !utf8.Valid(shown); i++ { // don't cut a character in two
			shown = shown[:len(shown)-1]
		}
	}
	return Letter{Queue: l.Queue, Key: l.Key, Reason: l.Reason, At: portal.At(l.At), Body: strings.ToValidUTF8(string(shown), "\uFFFD"),
		Truncated: len(shown) < len(l.Body)}
}

func allow(who portal.Identity) error {
	if who.Role != portal.RoleAdmin {
		return portal.Errorf(portal.Forbidden, "Only admins see dead letters.")
	}
	return nil
}

// failure maps the queue's errors out.
func failure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, queue.ErrNotFound):
		return portal.Errorf(portal.NotFound, "There is no such dead letter.")
	case errors.Is(err, queue.ErrUnavailable), errors.Is(err, queue.ErrClosed):
		return &portal.Error{Code: portal.Unavailable, Message: "The queue can't be reached. Try again.", Err: err}
	default:
		return err
	}
}
