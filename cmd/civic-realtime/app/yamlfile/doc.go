// Package yamlfile reads a YAML file into a struct, strictly: a key that the struct does not have
// is an error, or a warning with the reason, and every error has its line and column and describes
// the valid values. One reading finds all errors.
//
// Files, in layers; each uses only what is listed before it:
//
//	values.go path.go nearest.go  types of values; keys; the key that was probably meant
//	set.go                        values outside of files
//	file.go                       a file, its aliases, and the errors in it
//	entries.go                    the keys of a section, and scalar values
//	sections.go decode.go         lists of sections; sections into structs
//	list.go                       files that are lists
package yamlfile
