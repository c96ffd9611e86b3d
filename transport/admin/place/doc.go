// Package place keeps in the data directory of a running server what its operators need to reach
// it: the address of the admin API, and the token.
//
// Files, in layers; each uses only what is listed before it:
//
//	file.go            files that only their owner may read
//	token.go place.go  the token; the address
package place
