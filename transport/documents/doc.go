// Package documents serves documents to programs, over HTTP on the listener for clients: they are
// read in several formats, edited by updates or texts, created and listed. docs/api.md describes it
// for its users; openapi.json lists all paths.
//
// A request passes these checks, in this order: few enough are in progress, its page may send any,
// its address is within its rate, it has a key or token, that is within its rate, there is such a
// path and method, the key is for that and for the document, and the client accepts the type of the
// answer. Only then its body is read, which is bounded.
//
// Texts are kept by version (package renderings), so that a document is not converted again, and
// so that a text that a program sends can be merged with the version that it is based on. Few
// documents are converted at a time.
//
// The package has no goroutine, and nothing is held for a program between its requests but what it
// has read lately.
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go config.go              what is asked of the server's parts; Config
//	problems.go etag.go formats.go  errors; versions; media types
//	metrics.go shown.go             counters; programs that people see
//	server.go                       Server, and what a route is
//	answer.go render.go             errors as answers; converting documents
//	admit.go body.go                refusals; bodies
//	show.go                         showing programs to people
//	read.go list.go onbehalf.go     reading; lists; edits for somebody
//	version.go                      what a version is
//	dispatch.go                     the node where a request is answered
//	disks.go                        versions on the disks of several nodes
//	edit.go create.go delete.go presence.go token.go versions.go compare.go
//	                                the other routes
//	table.go                        the table of all routes
//	nodes.go serve.go               from a request of a node, or of a program, to a route
package documents
