// Package certs has the TLS certificate of a listener, which is read from two files, and read again
// when they change.
//
// Files, in layers; each uses only what is listed before it:
//
//	files.go    Files
//	stamp.go    whether files have changed
//	pair.go     Pair
//	mutual.go   programs that check each other's certificates
//	metrics.go  its metrics
//	pinned.go   clients on the same machine
package certs
