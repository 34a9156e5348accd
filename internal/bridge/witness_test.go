package bridge_test

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/agentportal/portal"
)

// tell keeps what happened, for whoever has to find out.
func (s *schedule) tell(format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.story = append(s.story, time.Now().Format("02 15:04:05.000 ")+fmt.Sprintf(format, args...))
}

// complain is a verdict from where the test can't be ended.
func (s *schedule) complain(format string, args ...any) {
	s.tell("WRONG: "+format, args...)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.complaints = append(s.complaints, fmt.Sprintf(format, args...))
}

// committed hears of every commit of every process.
func (s *schedule) committed(tenant string, events []portal.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.events[tenant] = append(s.events[tenant], events...)
	s.all.events.Add(int64(len(events)))
	for _, e := range events {
		switch e.Type {
		case portal.MessageNew:
			var body portal.MessageNewBody
			if json.Unmarshal(e.Body, &body) == nil && body.Message.Direction == portal.Outbound {
				s.named[body.Message.Text] = body.Message.ID
			}
		case portal.MessageDelivered:
			var body portal.MessageDeliveredBody
			if json.Unmarshal(e.Body, &body) == nil {
				s.settled[body.MessageID] = true
			}
		}
	}
}

// called hears of every call that the provider takes.
func (s *schedule) called(c *call) {
	s.all.calls.Add(1)
	s.tell("sender %d calls for %q: %s %s", c.sender, c.text, c.mood, c.wamid)
	s.mu.Lock()
	id := s.named[c.text]
	settled := s.settled[id]
	s.mu.Unlock()
	if id == "" {
		s.complain("a call for %q, which isn't committed", c.text)
	}
	if settled {
		s.complain("a call for %q, of which an answer is committed", c.text)
	}
	for _, other := range s.provider.all() {
		if other != c && other.text == c.text && !other.over.Load() {
			s.complain("a call for %q by sender %d while one of sender %d is under way", c.text, c.sender, other.sender)
		}
	}
}
