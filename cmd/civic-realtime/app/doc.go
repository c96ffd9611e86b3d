// Package app is the configuration of civic-realtime (file, environment, flags), and its wiring:
// the only place that knows every package. New makes a server of a Config; OpenStore opens the
// store of one that does not run.
//
// Files, in layers; each uses only what is listed before it:
//
//	build.go logsink.go units.go                      the program; its log; times
//	features.go documents.go jwt.go foreign.go        sections of the file; keys of others
//	civicpress.go records.go                          how CivicPress is asked; the engine's records
//	config.go                                         the configuration
//	address.go authority.go commands.go lists.go switches.go
//	announce.go check.go parts.go store.go            a Config checked, announced, converted
//	flags.go open.go                                  file, environment and flags; the parts, connected
//	server.go                                         the program as a whole
package app
