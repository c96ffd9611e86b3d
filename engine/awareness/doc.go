// Package awareness keeps the presence of one room: the awareness states of y-protocols, the users
// of native protocols and their cursors, and the presence events that are only passed on. A Room
// knows no connection and no document. It receives the messages of peers, and makes the messages
// for others, which the caller sends.
//
// A Room has no lock, no goroutine and no clock: the engine's room owns it, calls it with its own
// lock held and passes the time in. Room.NextTick is when Room.Tick has something to do.
//
// # Two models
//
// y-websocket has awareness states by client id. Native protocols have users, and one cursor of
// each. A Room keeps both. Every Peer belongs to a user. A native peer that sends no awareness
// state gets a synthetic one. The cursors that native peers are sent are those in the states. The
// id and name of the user in a state are the token's, unless Config.TrustClients is set or the peer
// is a guest.
//
// # Clocks
//
// A client that loses its connection forgets the states of others and remembers their clocks. When
// it is back it ignores a state that comes with the clock that it remembers. So a state is sent to
// others one clock ahead of its owner's. The owner is sent that too, and counts on from there. More
// than one clock ahead could override the next state that the owner sets.
//
// # Rules
//
//   - A client id belongs to the peer that first sent a state for it. Entries of other peers about
//     it are ignored, as clients send back the entries that they receive.
//   - A peer of the same user takes a client id over with a state that the server cannot have sent
//     to it. That is a client that reconnects while its old connection is half-open.
//   - A guest takes a client id over from another guest only after the owner was asked for its
//     state and did not answer for takeoverTimeout, or has left. Nothing else distinguishes the
//     same client on a new connection from a stranger.
//   - A state that a peer sends for another client is relayed: browser tabs send each other their
//     states, and each tab sends the server all states that it has. As soon as the other client has
//     a connection of its own, it owns the state.
//   - A client id that is removed leaves a tombstone for a minute, with the clock of the removal. A
//     client that returns at an earlier clock is sent the tombstone, counts on from it and sends
//     its state again.
//   - A state that is not renewed for Config.Timeout is removed. Renewals that change nothing are
//     gathered for Config.RenewalInterval.
//   - Flush sends others the newest state of each client id that has changed since the last Flush,
//     once.
//
// Files, in layers; each uses only what is listed before it:
//
//	config.go            limits and durations
//	json.go cursor.go    reading and stamping the JSON of a state; which cursors others can draw
//	users.go             the users in a room
//	peer.go              the part of a connection that presence needs
//	state.go tombstones.go update.go
//	                     the state of a client id, the tombstone of a removed one, and the
//	                     updates about both
//	room.go              the Room and its list of changes
//	limits.go states.go synthetic.go
//	                     sizes; adding, changing and removing states
//	takeover.go          client ids that change their owner
//	receive.go native.go signal.go
//	                     the messages of peers
//	leave.go tick.go     peers that leave; all that is due at a time
//	reconfigure.go       another configuration; presence that is turned off or on
//	flush.go list.go     the messages for others: changes; the whole room, for a new peer
package awareness
