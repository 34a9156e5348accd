package queue

import "context"

// Hint is what one node of a portal tells the others. It may be lost.
type Hint struct {
	// Kind says what the hint is about.
	Kind string
	// Key names what the hint is the newest word on: it replaces one of the same kind and key that has not gone
	// out yet. Empty: it replaces none.
	Key string
	// Body is the hint itself.
	Body []byte
}

// Hints pass hints between the nodes of one portal. They make things quick; nothing may depend on their arrival.
type Hints interface {
	// Tell passes a hint on to all other nodes that run. It never blocks: what can't go out soon is dropped. Any
	// goroutine may call it.
	Tell(h Hint)
	// Run passes on what is told here and calls heard with what others tell, one call at a time, until ctx is
	// done; then it returns nil. While the broker is away it tries again by itself.
	Run(ctx context.Context, heard func(Hint)) error
}
