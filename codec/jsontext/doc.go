// Package jsontext checks JSON texts (RFC 8259) and finds their parts without decoding them and
// without allocating. It accepts a text if JSON.parse does and if a client that parses it and
// writes it again gets the same value. Results are parts of the text.
//
// Files, in layers; each uses only what is listed before it:
//
//	quote.go     appending strings
//	escape.go    undoing the escapes of strings
//	scanner.go   Check, and the scanner beneath it
//	object.go    ScanObject: checking a text and finding its members at once
//	members.go   Members: the members of an object that was checked
package jsontext
