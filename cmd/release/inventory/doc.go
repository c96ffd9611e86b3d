// Package inventory finds the foreign code that is in the binary, and its licences: what go list
// says is linked for any system of a release, and what the lists of embedded scripts name.
//
// Files, in layers; each uses only what is listed before it:
//
//	policy.go    the licences that may be in the binary; which one a text is
//	texts.go     the files with licences in a folder
//	modules.go   modules of Go, and the standard library
//	scripts.go   npm packages in embedded scripts
//	collect.go   all of them
package inventory
