// Package settings fills in a struct of settings from a file, from environment variables and from
// flags, and remembers where each value came from. The keys of the struct are its yaml tags, as in
// package yamlfile. A new field has its variable and its place in all outputs without more code;
// its row in the reference (docs/configuration.md) has its default.
//
// A value of a later source replaces one of an earlier: defaults, the file, variables, flags. A key
// such as secret and its secret_file are two forms of one setting, so that each replaces the other.
// Fields with the tag secret:"true" are never printed.
//
// Files, in layers; each uses only what is listed before it:
//
//	reference.go                the keys as the reference describes them
//	settings.go                 sources, origins and errors
//	environment.go              variables
//	effective.go                the values that count
//	print.go json.go defaults.go typed.go  the outputs
package settings
