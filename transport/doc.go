// Package transport serves WebSockets to the rooms of an engine, and HTTP on the same listener:
// handshakes, tokens, and connections from their accept to their close. Package public has the
// other paths of that listener, package admin the listener for operators. This package is the only
// importer of gws.
//
// A Server has connections (conn): a socket, its frames, and the limits that apply to it. A
// connection has a session: one client in one room, its identity, and the rechecks of that.
//
// # Several documents
//
// In the protocol of Hocuspocus a connection has several sessions (documents), one for each address
// that the client has sent a token for. Messages are encoded without an address once for all
// receivers; the session puts its own in front when it writes. What comes for a document that is
// being opened, or whose room is busy, is kept, within bounds, so that other documents go on; only
// a message of longMessage bytes or more pauses the connection. A session that ends is told so, or,
// if its client is to come back, begins again by itself, as the client opens no document again
// before its connection has ended.
//
// # Goroutines
//
// An idle connection has none. On Linux a few pollers read all connections (package netpoll);
// elsewhere each connection has a goroutine that reads. A connection has a goroutine of its own
// while it joins its room, checks a fresh token, processes a long message, or writes a close frame
// or a pong, as a poller must never wait. The engine writes from goroutines of its own, which live
// while there is something to write. One sweep for all connections sends pings, ends connections
// that are dead or expired, and queues sessions to be rechecked by a few workers. Only connections
// that are throttled or closing have a timer.
//
// # Administration
//
// Server.Connections lists connections, and Disconnect and DisconnectUser close some. They read
// atomics, and the member of a session, and so wait for no connection: not for conn.reading, which
// is held while a client's input waits for its room. A user that is banned while it joins is found
// either by DisconnectUser or by the check after the join (session.joinRoom).
//
// # Reading
//
// All input of a client is processed with conn.reading held, whether a poller has read it or it was
// kept during a pause. While a connection is not watched its input waits in the kernel: while it
// joins, while a fresh token is checked, while it is throttled, and while there is no memory for
// its message.
//
// # Writing
//
// A frame that is written in part ends its connection, as the client would take the next frame for
// the rest of it. So conn.write writes everything, with conn.mu held: the engine's frames, pings,
// pongs and the close frame.
//
// # Several nodes
//
// With Config.Owners the connection of a client is routed before its handshake is answered
// (opening.route). If another node has the room, the request and all bytes that follow are passed
// to that node's peer listener by the pollers (netpoll.Relay), and that node answers, authenticates
// and limits the client by the address that is in the preamble (package handon). Here it counts
// against Config.Connections only. If nobody has the room, the client's token is checked, and the
// room is opened here, before the handshake is answered (opening.owner): if another node was faster
// the connection can still be handed on. If the owner is not known, or cannot be reached, or the
// lease of the room cannot be taken, the connection is held (package hold), outside the slots for
// handshakes, and counts against Config.HeldConnections. A connection that came from another node
// is served or closed, and never handed on.
//
// A connection with several documents is served where it comes to, and each document whose room
// another node has is relayed to that node by itself (documentrelay.go). What comes from the client
// is passed at once, and by a goroutine only while the node does not take it. What comes from the
// node is passed by a goroutine for each such document, which lives while there is something.
//
// # Locks
//
// Locks are taken in this order: conn.reading; session.state; the engine's; conn.mu; and then
// registry.mu, rechecks.mu, those of documents and of packages limit, mux and netpoll, which are
// leaves.
//
// The package is large because every file here works on the state of a connection, which only the
// locks above guard: a package of its own for one of them would have to know conn.
//
// Files, in layers; each uses only what is listed before it:
//
//	closecodes.go                     close codes, and reasons for which connections end
//	request.go                        the room and the protocol that a request asks for
//	ports.go                          the methods of the engine that are used; Owners
//	config.go                         Config
//	handonmetrics.go metrics.go       counters
//	relays.go inprogress.go           connections that were handed on; requests of programs
//	nodeframes.go                     frames from and to the node that has one of several rooms
//	services.go conn.go input.go session.go document.go unsettled.go remotedocument.go logging.go
//	                                  connections and sessions
//	write.go close.go holdback.go frames.go deliver.go inflate.go throttle.go incoming.go
//	                                  writing, reading, closing
//	documentwrite.go documentend.go   one of several sessions: its messages, its end
//	checksession.go engineconn.go     renewing and rechecking a session; engine.Conn
//	join.go                           joining a room
//	documentnode.go                   the node that has one of several rooms
//	documentlate.go                   updates that come late
//	documentrelay.go documentpass.go documentopen.go documentinput.go
//	                                  joining one of several rooms; messages for them
//	recheck.go                        the queue of rechecks
//	sniff.go                          the protocol by the first message
//	handler.go                        netpoll.Handler, for the pollers
//	relaysweep.go documentsweep.go sweep.go  the regular check of all connections
//	connections.go disconnect.go      what connections there are; ending them
//	drain.go                          the shutdown
//	opening.go                        a connection before its handshake is answered
//	takeroom.go                       opening its room, if nobody has it
//	route.go                          serving it here, handing it on, or holding it
//	upgrade.go                        from a request to a connection
//	programs.go                       answering requests of programs
//	server.go reconfigure.go announced.go  Server; another configuration; its numbers for others
//	peers.go                          connections that other nodes hand on
package transport
