// Package jsontext checks JSON texts and finds their parts without decoding them
// and without allocating. It accepts the texts that JSON.parse accepts and that
// are the same when a client writes them again. Values are borrowed: what it
// returns points into the text.
//
// Files, in layers; each uses only what is listed before it:
//
//	quote.go     appending strings
//	escape.go    undoing the escapes of strings
//	scanner.go   Check, and the scanner beneath it
//	object.go    ScanObject: checking a text and finding its members at once
//	members.go   Members: the members of an object that was checked
package jsontext
