// Package faultproxy is a proxy for TCP connections that tests make fail: it cuts connections,
// withholds their bytes, or delays them. It is the line between a node and Redis, and between
// clients and nodes.
//
// Files, in layers; each uses only what is listed before it:
//
//	line.go    one direction of a connection
//	proxy.go   Proxy
package faultproxy
