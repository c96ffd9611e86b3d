// Package faultproxy is a proxy for TCP connections that tests make fail: it cuts connections,
// withholds their bytes, or delays them. It is the line between a node and Redis, and between
// clients and nodes.
//
// Files, in layers; each uses only what is listed before it:
//
//	faults.go  Proxy, and its faults
//	line.go    one direction of a connection
//	serve.go   accepting and connecting
package faultproxy
