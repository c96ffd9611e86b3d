// Package cluster shares rooms among nodes. Each room has at most one owner, the node that holds a
// lease of it in what the nodes share (Shared: a Redis).
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go  what the nodes share
package cluster
