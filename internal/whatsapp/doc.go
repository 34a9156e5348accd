// Package whatsapp speaks with Meta's WhatsApp Cloud API: it checks and decodes webhooks and puts their events
// into the queues, and it sends what agents write.
//
// Decoding is pure: bytes in, values out. What it can't make sense of it keeps whole rather than drops, since
// Meta adds kinds of messages without asking. Nothing here logs tokens, secrets or what people write.
//
// The rules are numbered in docs/spec/whatsapp.md.
package whatsapp
