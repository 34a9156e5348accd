// Package asyncapi makes the AsyncAPI 3 document of what the portal says and hears beside REST: the socket's events
// and the queues. The schemas come from the Go types that are sent, where they are of the vocabulary; the types in
// this package say the same of the bodies that only one place writes or reads.
package asyncapi
