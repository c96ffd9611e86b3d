// Package netpoll reads and writes connections. On Linux a few pollers read all of them, so that an
// idle connection has no goroutine. On other systems, and for connections that are not TCP sockets,
// each connection has a goroutine that reads. All raw system calls of the transport are in this
// package.
//
// New makes the Pollers, and Pollers.Add a Conn, whose owner implements Handler.
//
// # The read scheduler
//
// Waking the process costs more than reading a message. The engine flushes rooms at ticks, some 20
// ms apart, so bytes that are read between two ticks mostly wait for the next one. A poller
// therefore keeps its sockets in several epoll sets. It waits for some of them, and checks the
// others at ticks:
//
//	          since NewFor        2nd message within 1 s
//	  new  ──────────────► idle ─────────────────────────► paced
//	   │                    ▲ ▲                              │
//	   │  much of a message │ └───────── 3 s of silence ─────┤
//	   └──────► bulk ───────┘◄───────────────────────────────┘
//	            └ message has come
//
//	set     sockets                                     are read
//	new     of the last second                          at once
//	idle    that send rarely                            at once; after that at the next ticks,
//	                                                    until one finds nothing
//	paced   that send often ("active connections")      at the ticks of a timer, all together;
//	                                                    not while all of them may wait
//	                                                    (Handler.MayWait)
//	bulk    in the middle of a long message             at once, a piece of each in turn
//	hangup  that are not to be read                     never; a close by the client is reported
//
// The poller's goroutine waits, through Go's own network poller, for one more epoll set, which
// contains the sets new, bulk and idle and the timer. The timer is stopped while there is no active
// connection.
//
// # Streams
//
// A connection that another node has handed on is a stream (package mux), which needs no poller:
// its session calls the Conn with what has come. Input of an active one waits for a tick of a
// poller, as that of the set paced does.
//
// # Relays
//
// Pollers.Relay passes bytes between a client's socket and a stream to another node, and
// Pollers.WatchHangup waits for the end of a socket that is not to be read. These sockets have no
// Handler. They are in two more epoll sets of each poller, which are made when they are first
// needed, and are served some bytes of each in turn:
//
//	set      sockets                                    are served
//	atOnce   those of new relays, those that send much  at once
//	         or take less than there is
//	atTicks  all others                                 at once; after that at the next ticks of
//	                                                    relays, until one finds nothing
//
// There is a tick of relays every relayGap, and with each tick of the engine. So messages of many
// relays do not wake the process one by one, and each waits for relayGap at most. After that, the
// functions of Pollers.AtTicks are called, with which sessions send what there is. There is no
// timer while nothing is passed.
//
// A client is read only while its stream takes everything, so that at most relayChunk bytes wait
// here for the other node, and at most mux.Window for the client. An idle relay holds no buffer.
//
// # TLS
//
// A connection over TLS is read and written through crypto/tls, by the same goroutines, once its
// handshake is over (see secureSocket). What crypto/tls has read of a record waits in its buffer
// for the rest, and an idle connection gives all larger buffers back. The kernel does not report
// records that crypto/tls holds, so each read goes on until there is none, and a goroutine reads
// those that were left when the connection was not watched.
//
// # Locks
//
// The Handler's lock (see Pollers.Add) is taken before all locks of this package, which are leaves.
//
// Files, in layers; each uses only what is listed before it:
//
//	unread_unix.go unread_other.go  whether a socket has bytes that are not read
//	conn.go                         Conn, Handler, Ticks
//	wire.go socket_other.go         the connection below TLS; other systems' sockets
//	relay.go                        Relay, and one with goroutines, for all systems
//	streamconn.go                   a Conn over a stream, for all systems
//	goconn.go                       a Conn with a goroutine, for all systems
//	calls_linux.go callnumbers_linux.go callnumbers_old_linux.go  raw calls on sockets
//	tlsmemory_linux.go              the buffers of crypto/tls
//	socket_linux.go                 the socket of a connection
//	epoll_linux.go timerfd_linux.go  epoll sets and timers of the kernel
//	sets_linux.go pollconn_linux.go tls_linux.go waitwritable_linux.go pace_linux.go
//	                                a polled Conn
//	passing_linux.go                sockets without a Handler, and when they are served
//	relay_linux.go relayclient_linux.go hangup_linux.go
//	                                a polled Relay; clients that hang up
//	scheduler_linux.go              when active connections are read
//	poller_linux.go                 the goroutines that read and wake writers
//	pollers_linux.go pollers_other.go  Pollers
//	inspect_linux.go                the state of a Conn, for tests
package netpoll
