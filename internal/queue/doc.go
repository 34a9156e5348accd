// Package queue says what the portal needs of a durable queue, so that the same bridge runs over RabbitMQ
// and over the embedded queue of a one-node installation.
//
// # What every queue promises
//
// A message is durable once [Queue.Publish] has returned nil. It stays in its queue until its delivery is
// acknowledged or dead-lettered: a delivery that is unsettled when the process, the connection or the broker
// goes away comes again. So every effect must be safe to repeat.
//
// Messages are handed out in the order in which they were published, and after a break everything unsettled
// comes again from the front, in the same order. One consumer at a time holds a queue: with several nodes the
// others wait, because the death of one of two consumers would put its messages behind later ones.
//
// The rules are numbered in docs/spec/queue.md; package queuetest holds every implementation to them.
package queue
