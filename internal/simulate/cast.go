package simulate

import (
	_ "embed" // dialogues.json
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"github.com/agentportal/portal/internal/whatsapp"
)

//go:embed dialogues.json
var dialogues []byte

// book is what people of one language are called and say.
type book struct {
	Language string   `json:"language"`
	Prefix   string   `json:"prefix"` // of their phone numbers
	Names    []string `json:"names"`
	Scripts  []script `json:"scripts"`
	// Thanks are said when an agent has told something; Answers, where the script has none left, when one has asked.
	Thanks  []line `json:"thanks"`
	Answers []line `json:"answers"`
}

// script is one concern.
type script struct {
	Lines   []line `json:"lines"`   // said one after another
	Answers []line `json:"answers"` // said when asked
}

// line is one message. Text is the caption of what isn't text.
type line struct {
	Text     string             `json:"text"`
	Image    string             `json:"image"`
	Document string             `json:"document"`
	Location *whatsapp.Location `json:"location"`
	Reaction string             `json:"reaction"`
}

func readBooks() ([]book, error) {
	var books []book
	if err := json.Unmarshal(dialogues, &books); err != nil {
		return nil, fmt.Errorf("dialogues: %w", err)
	}
	return books, nil
}

// cast are the customers that have appeared so far. The simulator's lock guards it and all of them.
type cast struct {
	books   []book
	tenants []Tenant
	size    int // customers of a tenant
	members map[seat]*customer
}

// seat is a customer's number at a company's number.
type seat struct{ phoneNumberID, waID string }

// customer is somebody with a phone and a concern.
type customer struct {
	tenant Tenant
	waID   string
	name   string
	book   *book

	script   *script
	said     int  // lines of the script
	answered int  // answers of the script
	thanked  bool // there is nothing more to say to what agents tell
}

func newCast(books []book, tenants []Tenant, size int) *cast {
	return &cast{books: books, tenants: tenants, size: size, members: map[seat]*customer{}}
}

// customer is the one with that number, the same in every run: number and name follow from the place.
func (c *cast) customer(tenant, number int) *customer {
	number = min(max(number, 0), c.size-1)
	// Tenants start at different places, so that their customers differ.
	place := number + tenant*5
	b := &c.books[place%len(c.books)]
	t := c.tenants[tenant]
	waID := fmt.Sprintf("%s%07d", b.Prefix, 1_000_003*(tenant+1)%10_000_000+number)
	at := seat{t.PhoneNumberID, waID}
	if m := c.members[at]; m != nil {
		return m
	}
	m := &customer{tenant: t, waID: waID, name: b.Names[place/len(c.books)%len(b.Names)], book: b}
	c.members[at] = m
	return m
}

// known is a customer who has appeared; nil for any other phone.
func (c *cast) known(phoneNumberID, waID string) *customer {
	return c.members[seat{phoneNumberID, waID}]
}

// next is what a customer says by themselves: the next line, or a new concern.
func (c *customer) next(random *rand.Rand) line {
	if c.script == nil || c.said >= len(c.script.Lines) {
		c.script = &c.book.Scripts[random.IntN(len(c.book.Scripts))]
		c.said, c.answered, c.thanked = 0, 0, false
	}
	l := c.script.Lines[c.said]
	c.said++
	return l
}

// react is what a customer says to an agent: an answer, the rest of the story, or thanks, once.
func (c *customer) react(asked bool, random *rand.Rand) []line {
	switch {
	case asked && c.script != nil && c.answered < len(c.script.Answers):
		c.answered++
		return c.script.Answers[c.answered-1 : c.answered]
	case asked:
		return []line{c.book.Answers[random.IntN(len(c.book.Answers))]}
	case c.thanked:
		return nil
	}
	c.thanked = true
	return []line{c.book.Thanks[random.IntN(len(c.book.Thanks))]}
}
