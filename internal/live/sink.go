package live

import (
	"hash/fnv"
	"strconv"
	"strings"

	"github.com/agentportal/portal"
	"github.com/agentportal/portal/internal/relay"
	"github.com/agentportal/portal/socketio"
)

// sink is what the relay hands the log to.
type sink struct{ l *Live }

// Encode makes the packet that all sockets share. It ends with the offset that
// the client echoes when it comes back.
func (s sink) Encode(tenantID string, e portal.Event) (*socketio.Packet, error) {
	return s.l.ns.Encode(string(e.Type), e.Body, s.l.offset(tenantID, e.Seq))
}

// Deliver sends an event to its room.
func (s sink) Deliver(tenantID string, e relay.Entry[*socketio.Packet]) {
	room := tenantRoom(tenantID)
	if e.Type.InConversationRoom() {
		room = conversationRoom(e.ConversationID)
	}
	if err := s.l.ns.To(room).Send(e.Frame); err != nil {
		s.l.cfg.Logger.Error("an event could not be broadcast", "tenant", tenantID, "seq", e.Seq, "err", err)
	}
}

// Skipped ends the tenant's connections: they come back, and are told that they
// missed too much.
func (s sink) Skipped(tenantID string) {
	for _, c := range s.l.clients.all() {
		if c.who.TenantID == tenantID {
			c.socket.CloseTransport(socketio.DisconnectReason{Code: "log trimmed", ComeBack: true})
		}
	}
}

func tenantRoom(id string) string       { return "tenant:" + id }
func userRoom(id string) string         { return "user:" + id }
func conversationRoom(id string) string { return "conversation:" + id }

// offset names a position of a tenant's log in this database.
func (l *Live) offset(tenantID string, seq int64) string {
	return l.head(tenantID) + "." + strconv.FormatInt(seq, 10)
}

// head is the part of an offset before the seq: the database's epoch and a mark
// of the tenant.
func (l *Live) head(tenantID string) string {
	mark := fnv.New32a()
	_, _ = mark.Write([]byte(tenantID)) // never fails
	return l.epoch + "-" + strconv.FormatUint(uint64(mark.Sum32()), 36)
}

// position reads an offset back; ok is false for one that this log never gave
// out. An empty offset is 0: nothing had been received. So is another tenant's:
// the official client keeps its last offset when it signs in to another one,
// and a position there says nothing here.
func (l *Live) position(tenantID, offset string) (seq int64, ok bool) {
	if offset == "" {
		return 0, true
	}
	head, number, found := strings.Cut(offset, ".")
	seq, err := strconv.ParseInt(number, 10, 64)
	switch {
	case !found || err != nil || seq < 0:
		return 0, false
	case head == l.head(tenantID):
		return seq, true
	default:
		return 0, strings.HasPrefix(head, l.epoch+"-")
	}
}
