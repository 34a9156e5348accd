// Package portal is the vocabulary of the support inbox: tenants, agents,
// contacts, conversations, messages, the delivery status machine, the durable
// event, error codes and the signed-in identity.
//
// It holds types and their invariants only: no I/O, no clock, no goroutine,
// nothing outside the standard library. The JSON forms of Conversation,
// Message and the event bodies are the portal's outward contract: they are
// the same in the event log, on the socket and over REST.
package portal
