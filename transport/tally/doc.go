// Package tally shares the numbers of connections, by user and by address, among servers, so that
// limits are those of all servers together. Each server announces its own numbers about once a
// second, and adds to them what the others have announced last. Announcing, looking at what others
// have announced, and adding up may each wait for a second: a limit may be exceeded by what happens
// within three.
//
// # Format
//
// What a server announces has
//
//	1 byte   1, the version
//	uvarint  number of addresses; for each, 5 bytes of a hash and an uvarint, the connections
//	uvarint  number of users; the same
//
// The hash is keyed with the servers' secret, so that Redis has no addresses and no users. There
// are at most MaxEntries of each. If a server has more, those with one connection are left out, and
// then those with the fewest: users and addresses that have one connection to each of n servers may
// then exceed a limit by n-1.
//
// Files, in layers; each uses only what is listed before it:
//
//	count.go   what is counted, and its hash
//	encode.go  announcements
//	tally.go   the sums of others
package tally
