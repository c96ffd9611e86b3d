// Package awareness keeps the presence of one room: the awareness states of
// y-protocols, the users of native protocols and their cursors, and the presence
// events that are only passed on. A Room knows no connection and no document. It
// takes what peers send, and says what others have to be sent; sending is the
// caller's.
//
// A Room has no lock, no goroutine and no clock: the engine's room owns it, calls it
// with its own lock held and passes the time in. Room.NextTick is when Room.Tick has
// something to do.
//
// # Two models
//
// y-websocket knows awareness states by client id, native protocols know users and one
// cursor of each. A Room has both. Every Peer counts for a user. A native peer without
// an awareness state of its own gets a synthetic one, and cursors are read from the
// states of the others. The user's id and name in every state are the token's
// (Config.TrustClients), but for guests.
//
// # Clocks
//
// A client that has lost its connection forgets the states of others and remembers
// their clocks: it does not believe the same state at the same clock when it is back.
// So a state is sent to others one clock ahead of its owner's. The owner is sent that
// too, and counts on from there. More than one clock ahead could override the next
// state that the owner sets.
//
// # Rules
//
//   - A client id belongs to the peer that first sent a state for it. What other peers
//     send about it is ignored, as clients send back what they are sent.
//   - A peer of the same user takes a client id over with a state that it cannot have
//     been sent by the server: a client that comes back beside its old, half-open
//     connection.
//   - A guest takes a client id over from another guest only after the owner was asked
//     for its state and did not answer for takeoverTimeout, or has left. Nothing else
//     tells the same client on a new connection from a stranger.
//   - A state that a peer passes on for another client is relayed: browser tabs tell
//     each other of their states, and each sends the server what it was told. It is that
//     client's as soon as it has a connection of its own.
//   - A client id that was removed leaves a tombstone for a minute, with the clock at
//     which it went. A client that is back at an earlier clock is sent the tombstone,
//     counts on from it and sends its state again.
//   - A state that is not renewed for Config.Timeout is removed. Renewals that change
//     nothing are gathered for Config.RenewalInterval.
//   - Others are sent the newest of what has changed since the last Flush, once.
//
// Files, in layers; each uses only what is listed before it:
//
//	config.go            limits and durations
//	json.go cursor.go    reading and stamping the JSON of a state; which cursors others can draw
//	users.go             the users in a room
//	peer.go              the part of a connection that presence needs
//	state.go tombstones.go update.go
//	                     the state of a client id, what is left of a removed one, and what
//	                     others are sent about it
//	room.go              the Room and its list of changes
//	limits.go states.go synthetic.go
//	                     sizes; adding, changing and removing states
//	takeover.go          client ids that change their owner
//	receive.go native.go signal.go
//	                     what peers send
//	leave.go tick.go     what ends, and when
//	flush.go list.go     what others are sent: changes; everything, for a newcomer
package awareness
