// Package netpoll has the raw system calls of the transport.
//
// Files, in layers; each uses only what is listed before it:
//
//	unread_unix.go unread_other.go  whether a socket has bytes that are not read
package netpoll
