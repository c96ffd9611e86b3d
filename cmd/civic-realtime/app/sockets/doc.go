// Package sockets has the listening sockets of a server whose clients wait in them while one
// process follows another: they come from systemd, or from the server that this one takes over
// from, and are passed on to the process that takes over from this one.
//
// Files, in layers; each uses only what is listed before it:
//
//	inherit.go      the sockets that there are at the start, and the server before
//	handover.go     the process that takes over from this one
package sockets
