// Package shell writes what a shell and man need to know of the program: completions and a manual
// page. Both are made of kong's model of the commands, so that new commands and flags are in them.
//
// Files, in layers; each uses only what is listed before it:
//
//	model.go                        commands and flags
//	bash.go zsh.go fish.go man.go   the outputs
package shell
