package failpoint

// Point names a place where the process can be made to die. The test that kills it there reads this table: a point
// that it doesn't drive, or that is never reached, fails it.
type Point string

// Between a delivery's receipt and its acknowledgement, of a message or of a report.
const (
	DeliveryTaken        Point = "delivery.taken"        // in hand, nothing done
	MessageWritten       Point = "message.written"       // in the transaction, not committed
	ReportWritten        Point = "report.written"        // in the transaction, applied or without effect
	ReportParked         Point = "report.parked"         // in the transaction, its wamid unknown
	EventsCommitted      Point = "events.committed"      // no socket and no other node was told
	DeliveryCommitted    Point = "delivery.committed"    // not acknowledged
	DeliveryAcknowledged Point = "delivery.acknowledged" // the acknowledgement is on its way
	LetterStored         Point = "letter.stored"         // a dead letter, its delivery not yet acknowledged
	LetterRepublished    Point = "letter.republished"    // back in its queue, and still a dead letter
	ReportBuried         Point = "report.buried"         // a parked report's letter is stored, the report still parked
	WebhookPublished     Point = "webhook.published"     // the provider hasn't heard of it
)

// From a reply to its ticks.
const (
	ReplyWritten   Point = "reply.written"   // in the transaction, not committed
	ReplyCommitted Point = "reply.committed" // neither the agent nor the sender has heard of it
	SendClaimed    Point = "send.claimed"    // leased and counted, the provider not called
	SendAnswered   Point = "send.answered"   // the provider's answer is known here alone
	SendWritten    Point = "send.written"    // the wamid in the transaction, parked reports not yet applied
	ParkedApplied  Point = "parked.applied"  // parked reports in the transaction, not committed
	SendStored     Point = "send.stored"     // the provider's answer, whatever it was
)

// Between a session's storing and the answer that tells of it.
const (
	SessionStored  Point = "session.stored"  // a new socket's, CONNECT not answered
	SessionTaken   Point = "session.taken"   // a returning socket's, CONNECT not answered
	JoinStored     Point = "join.stored"     // not acknowledged
	LeaveStored    Point = "leave.stored"    // not acknowledged
	RefreshRotated Point = "refresh.rotated" // the browser still has the token before
)

// Between the steps of migrate and seed.
const (
	SetMigrated  Point = "migrate.set" // one set of tables, not the next
	TenantSeeded Point = "seed.tenant" // without users
	UserSeeded   Point = "seed.user"   // the first, not the next
)
