// Package admin serves the admin API: what operators see of a running server, and how they steer
// it, over HTTP on a listener of its own. docs/admin.md describes it for them; GET /openapi.json
// lists all paths.
//
// Package httpapi has what this API has in common with others.
//
// A request passes these checks, in this order: its host is one of the listener's (DNS rebinding),
// no page of another origin has sent it, it has the token or the cookie of a session (package
// console), there is such a path and method, and the client accepts the type of the answer. Only
// then its body is read, which is bounded. A client that fails one of them costs a log line now and
// then, and a connection of which there are few.
//
// With Config.Nodes a request is answered for all nodes, whichever is asked. It passes requests
// about a room on to the node that has it, and asks all others for their part of a list, or to do
// the same. A node that does not answer within a second is named in the answer. What another node
// asks is answered here, so that no call goes further than one node.
//
// The console's files and the sign-in need no token. A request with the cookie of a session that
// changes something must come from a page of the listener itself.
//
// The package is large because each route needs the requests' checks, the answers' forms and the
// other nodes, which are methods of one Server.
//
// While nobody asks the package has three goroutines, which wait: for a connection, for the end,
// and for the next sample of the last hour (package history).
//
// Files, in layers; each uses only what is listed before it:
//
//	ports.go config.go               what is asked of the server's parts; Config
//	query.go formats.go              pages; calls of other nodes; formats of documents
//	token.go metrics.go listener.go  the token; counters; the number of connections
//	convert.go                       the engine's values as JSON
//	server.go                        Server, and what a route is
//	caller.go                        the administrator of a request
//	routes.go guard.go log.go streams.go nodes.go
//	                                 finding a route; refusals; the log; long answers; other nodes
//	steer.go nudge.go                what routes that change something have in common
//	eventsother.go                   events of other nodes
//	upgraded.go                      connections that the playground takes over
//	status.go nodelist.go process.go backup.go profile.go events.go live.go
//	pickrooms.go listrooms.go rooms.go versions.go restore.go editversions.go
//	compare.go connections.go webhooks.go signin.go
//	                                 the routes
//	consolepaths.go                  the files of the console, and the playground
//	table.go                         the table of all routes
//	passon.go                        requests that another node answers
//	serve.go servenode.go            from a listener to a route; the calls of other nodes
package admin
