// Package build makes the files of a release from a source tree: static binaries, archives with
// them, and checksums. The same sources and the same Go give the same bytes, in whatever folder and
// at whatever time they are built.
//
// Files, in layers; each uses only what is listed before it:
//
//	target.go source.go  the systems; the sources with their version, commit and time
//	compile.go           a binary
//	contents.go          the files that come with the binary in an archive
//	archive.go sums.go   an archive; the checksums
package build
