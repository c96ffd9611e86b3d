// Package debian makes the Debian package of civic-realtime: the static binary, units of systemd, a
// user, and a configuration that is made once and never overwritten. It writes the file itself, so
// that packages are made on any system, and the same sources give the same bytes.
//
// The folder files has the packaging: control, the scripts of dpkg as debhelper would write them,
// the first configuration, and texts. The units are those of docs/operations with another path of
// the binary.
//
// Files, in layers; each uses only what is listed before it:
//
//	names.go      the package, its versions and architectures; the folder files
//	archive.go    tar and ar
//	copyright.go  the file copyright
//	help.go       the manual page and completions
//	contents.go   a package, and all files that it installs
//	build.go      the file of a package
package debian
