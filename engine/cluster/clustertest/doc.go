// Package clustertest has a Redis in memory, for tests of what nodes share (cluster.Shared). It can
// fail as a Redis does: be away, fail over to a replica that lags, restart, and be emptied. Its
// clock is package time's, so that it works in bubbles of testing/synctest.
//
// Files, in layers; each uses only what is listed before it:
//
//	state.go   what a Redis has
//	redis.go   the Redis, and its failures
//	client.go  the Client of one node: announcements and leases
//	rooms.go   rooms, late updates and claims
package clustertest
