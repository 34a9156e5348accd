// Package asyncapi makes the AsyncAPI 3 document of what the portal says and hears beside REST: the socket's events
// and the queues. The schemas come from the Go types that are sent and read.
package asyncapi
