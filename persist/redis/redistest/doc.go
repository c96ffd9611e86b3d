// Package redistest starts real Redis servers for tests: single ones, replicas, sentinels and
// clusters, each on a free port of the loopback address and in a folder of its own. They end with
// the test, and with the process of the test if that dies.
//
// redis-server and redis-sentinel must be installed; a test fails where they are not.
//
// Files, in layers; each uses only what is listed before it:
//
//	starter_linux.go starter_other.go  processes that end with this one
//	port_unix.go port_other.go         free ports
//	resp.go                            commands and their answers
//	certs.go                           certificates
//	server.go control.go               a server: starting it, and what is done to it
//	sentinel.go cluster.go             several servers
package redistest
