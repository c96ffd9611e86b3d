// Package access decides which programs may do what with which documents. A program has an API key
// of a file, or a token whose claim says that; either makes it a Caller.
//
// Keys are compared by their hashes, in constant time. No error of this package has a part of a
// key.
//
// Files, in layers; each uses only what is listed before it:
//
//	scope.go    what a program may do
//	rooms.go    which documents
//	caller.go   both
//	keys.go     API keys
package access
