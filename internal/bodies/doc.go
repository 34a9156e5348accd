// Package bodies holds what passes through sockets and queues beside the vocabulary's own events: what clients send,
// what they are answered, and what stands in a queue. Whoever sends or reads one of them uses it from here, and so
// does the AsyncAPI document, so that the document can't say anything else than the program does.
package bodies
