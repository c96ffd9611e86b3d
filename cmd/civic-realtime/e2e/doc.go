// Package e2e tests the built binary from outside, with real Yjs clients: Node processes that run y-websocket 2 and 3.
//
// It has tests only. They need Node 20 or later, and `npm ci` run in this directory; without those they fail.
package e2e
