// Package processes runs what the end-to-end tests run: programs whose output is watched, and Node
// clients that execute commands.
//
// Files, in layers; each uses only what is listed before it:
//
//	output.go  what a process has written
//	worker.go  a Node process that executes commands
//	run.go     the programs that tests need, and how many tests run at a time
package processes
