// Package licenses lists all foreign code that is in the binary, with its licences: the modules of
// Go, Go itself, and the npm packages in embedded scripts. components.json is written by `make
// licenses` (package inventory of cmd/release), and a test there fails when it does not fit the
// build.
//
// Files, in layers; each uses only what is listed before it:
//
//	components.go  the list
//	print.go       the list as text and as JSON
package licenses
