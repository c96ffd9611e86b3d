// Package admin serves the admin API: what operators see of a running server, and how they steer
// it, over HTTP on a listener of its own. docs/admin.md describes it for them; GET /openapi.json
// lists all paths.
//
// A request passes these checks, in this order: its host is one of the listener's (DNS rebinding),
// no page of another origin has sent it, it has the token, there is such a path and method, and the
// client accepts the type of the answer. Only then its body is read, which is bounded. A client
// that fails one of them costs a log line now and then, and a connection of which there are few.
//
// While nobody asks the package has two goroutines, which wait: for a connection, and for the end.
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go config.go               what is asked of the server's parts; Config
//	problem.go accept.go             errors and answers; their media types
//	query.go input.go formats.go     parameters and pages; bodies; formats of documents
//	token.go metrics.go listener.go  the token; counters; the number of connections
//	convert.go                       the engine's values as JSON
//	server.go                        Server, and what a route is
//	routes.go guard.go log.go streams.go
//	                                 finding a route; refusals; the log; long answers
//	steer.go                         what routes that change something have in common
//	status.go process.go backup.go profile.go events.go
//	listrooms.go rooms.go versions.go connections.go
//	                                 the routes
//	table.go                         the table of all routes
//	serve.go                         from a listener to a route
package admin
