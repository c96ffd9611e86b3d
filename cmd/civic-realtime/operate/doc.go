// Package operate has the commands that operate a running server through its admin API. They find
// the server by its data directory, or by --admin and --token-file. Their output is for people, or
// with --json for programs: then it is the server's answer.
//
// Files, in layers; each uses only what is listed before it:
//
//	system_unix.go system_other.go  signals and processes
//	units.go table.go           sizes, times and tables for people
//	server.go                   finding the server; errors and exit codes
//	pages.go stored.go          lists of several pages; what is stored
//	nodes.go                    the nodes as text
//	describe.go                 answers as text
//	topframe.go screen.go       what top shows; the terminal
//	look.go healthy.go steer.go delete.go process.go events.go webhooks.go top.go
//	                            the commands
//	commands.go                 all of them
package operate
