// Package netpoll reads and writes connections. On Linux a few pollers read all of them, so that
// an idle connection has no goroutine; on other systems, and for connections that are no TCP
// sockets, each connection has a goroutine that reads. It holds the only raw system calls of the
// transport.
//
// New makes the Pollers, Pollers.Add a Conn, whose owner implements Handler.
//
// # The read scheduler
//
// Waking the process costs more than reading a message. The engine flushes rooms at ticks, some
// 20 ms apart, so bytes that are read between two ticks mostly wait for the next one. A poller
// therefore keeps its sockets in epoll sets, of which it waits for some and only looks at others:
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
//	idle    that send rarely                            at once; after that at the next tick,
//	                                                    until a tick finds none
//	paced   that send often ("active connections")      at the ticks of a timer, in one go; at
//	                                                    none before which they may wait
//	                                                    (Handler.MayWait)
//	bulk    in the middle of a long message             at once, a slice of each in turn
//	hangup  that are not to be read                     never; the end of the client is reported
//
// The poller's goroutine waits, by Go's own network poller, for one more epoll set, which has the
// sets new, bulk and idle and the timer in it. The timer stands still while there is no active
// connection.
//
// # Locks
//
// Handler's lock (see Pollers.Add) comes before all locks of this package. Those are leaves.
//
// Files, in layers; each uses only what is listed before it:
//
//	unread_unix.go unread_other.go  whether a socket has bytes that are not read
//	conn.go                         Conn, Handler, Ticks
//	goconn.go                       a Conn with a goroutine, for all systems
//	calls_linux.go callnumbers_linux.go callnumbers_old_linux.go  raw calls on sockets
//	epoll_linux.go timerfd_linux.go  epoll sets and timers of the kernel
//	sets_linux.go pollconn_linux.go waitwritable_linux.go pace_linux.go bulk_linux.go  a polled Conn
//	scheduler_linux.go              when active connections are read
//	poller_linux.go                 the goroutines that read and wake writers
//	pollers_linux.go pollers_other.go  Pollers
//	inspect_linux.go                the state of a Conn, for tests
package netpoll
