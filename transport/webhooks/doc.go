// Package webhooks sends events about documents to other programs, by HTTP requests that are signed
// as Standard Webhooks does (package codec/standardwebhooks).
//
//	h := webhooks.New(webhooks.Config{Endpoints: …, Open: …}, log)
//	err := h.Start(ctx)       // opens the outbox, if there are endpoints
//	h.Announce(…)             // it is an engine.Announcer
//	h.Close(ctx)
//
// # The way of an event
//
//  1. Announce, or an event of the hub, puts the event into a list in memory, and returns. Changes
//     of a room that wait there become one.
//  2. One goroutine (intake) makes a message for each endpoint that wants the event, and adds all
//     of them to the outbox in one commit. From then on they outlive the process.
//  3. One goroutine (sender) begins attempts when they are due; each is a goroutine of its own.
//  4. The outcome is stored: a message that was delivered is dropped, one that was not has its next
//     attempt after the pauses of Schedule, and is parked after the last. Parked messages stay
//     until an operator retries or drops them.
//
// The messages of a room for an endpoint are delivered one after the other, in the order of the
// events; a later one waits while an earlier one is tried again. Rooms do not wait for each other.
// While the last attempt of an endpoint has failed, one message at a time is sent to it.
//
// # What a crash can lose
//
// A change of a document is in the journal before it is announced. The outbox keeps, for each room,
// the version that was announced last (mark), in the commit that has the message; Keep stores a
// change in it before a snapshot replaces the rows that show it. Start compares the marks with the
// journal, and announces what is missing. The identifiers of messages about beginnings and changes
// are made of the document's incarnation and version, so that a receiver can recognize what it has
// seen.
//
// A deletion, and a version that somebody asks for, has a mark before it begins (Begin), which the
// commit that has its message drops. Start asks the engine what has become of what still has one.
// Of other events those of the last milliseconds are lost if the process is killed.
//
// # Several nodes
//
// Nodes share one outbox. Each adds to it, and one of them, which holds it (Outbox.Hold), sends.
// Another node takes over when that one has ended or was not heard of for holdTTL: messages that
// were on their way then are sent twice, with the same identifiers.
//
// # Private addresses
//
// The address that is connected to is checked when the name is resolved, so that a name cannot
// change its address after a check. Loopback, private, link-local, shared, multicast and reserved
// addresses are refused, also within IPv6, unless the endpoint allows them. Redirects are not
// followed, and proxies of the environment not used.
//
// # Goroutines and locks
//
// While there are endpoints: the intake, the sender, and one for each attempt. Without endpoints
// there are none. Webhooks.mu is never held across a call of the outbox or the network; a room's
// lock may be held when Announce takes it.
//
// Files, in layers; each uses only what is listed before it:
//
//	metrichelp.go ports.go      the meanings of metrics; the outbox
//	event.go guard.go           events, bodies and identifiers; addresses that are public
//	endpoint.go mark.go         endpoints, and what they want; marks of rooms and endpoints
//	config.go message.go        options; a message that waits
//	attempt.go probe.go         one request; a connection without one
//	queue.go                    the messages of an endpoint, in order
//	state.go counts.go          the state of all; counters
//	intake.go                   events that become messages
//	announce.go follow.go       what the engine announces; other events
//	begin.go                    what somebody has asked for, and is about to happen
//	recover.go                  changes that an earlier process has not announced
//	outcome.go                  what becomes of a message after an attempt
//	control.go                  messages to the process that sends
//	full.go                     messages that are dropped when the outbox is full
//	sender.go                   when messages are sent
//	webhooks.go                 start, reload and end
//	operate.go                  what operators see and do
package webhooks
