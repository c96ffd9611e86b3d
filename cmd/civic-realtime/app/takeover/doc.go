// Package takeover passes the listening sockets of a running server to the process that replaces
// it, and tells that process when the data is its own. Between the two, new connections wait in the
// kernel, which queues them for whoever has the sockets (up to net.core.somaxconn, 4096 by default
// on Linux); those beyond that are tried again by their clients' systems after a second.
//
// The running server, the predecessor, listens at the unix socket SocketName in its data directory.
// Only processes of the same user, or of root, are answered. A message is a line of JSON:
//
//	successor      {"takeover":1}                          the version of these messages
//	predecessor    {"takeover":1,"pid":7,"sockets":[…]}    and the descriptors, in that order
//	successor      {"begin":true}                          everything that can be checked is
//	predecessor    {"released":true}                       the store is closed
//	successor      {"ready":true}                          it serves; the predecessor ends
//
// Until begin, nothing has happened to the predecessor, whatever becomes of the successor. If the
// connection ends after that and before ready, the predecessor opens the store again and serves
// on: it keeps the sockets until then. If the predecessor dies after it has sent the sockets, the
// successor goes on with them as after a crash. An answer {"error":"…"} says why there is nothing
// to take over, and after begin what could not be stored.
//
// Files, in layers; each uses only what is listed before it:
//
//	socket.go path.go                      Socket; the path of the unix socket
//	credentials_linux.go credentials_other.go descriptors_unix.go descriptors_other.go
//	                                       who may ask; sockets in messages
//	message.go                             the messages
//	predecessor.go successor.go            the two sides
package takeover
