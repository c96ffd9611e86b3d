// Package structure holds tests of the code's structure: which package may import which, how large
// files, functions and packages are, that files use only what stands in lower layers of their
// package, and which words are used.
//
// It has tests only. They need the Go command and no network. What does not hold yet stands in
// zknown_test.go, each with the reason; a line of it that is no longer needed fails as well.
package structure
