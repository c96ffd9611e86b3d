// Package docs has the documents that the program itself reads: the reference of its configuration,
// from which it knows the defaults.
package docs

import _ "embed"

// Configuration is the text of configuration.md.
//
//go:embed configuration.md
var Configuration string
