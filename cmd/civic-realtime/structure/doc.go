// Package structure has tests of the code's structure: which package may import which, how large
// files, functions and packages are, that files use only lower layers of their package, and which
// words are used.
//
// It has tests only. They need the Go command and no network. Beside each is a test that shows,
// with made-up code, which faults it finds.
package structure
