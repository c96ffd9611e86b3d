// Package audit asks for known vulnerabilities in foreign code: of Go's database by govulncheck, of
// npm's by npm audit. Code that is in the binary counts; of code that only tests use it is said.
// Data that cannot be had is said as well, and is no failure.
//
// Files, in layers; each uses only what is listed before it:
//
//	result.go  what was found, or why nothing could be
//	run.go     running a program that must end
//	golang.go  modules of Go
//	npm.go     npm packages
package audit
