// Package httpapi has the common part of our HTTP APIs: errors as problem details, the choice of
// media types, parameters and bodies, paths with segments that vary, and long answers. Package
// admin serves operators with it, package documents serves programs.
//
// Files, in layers; each uses only what is listed before it:
//
//	problem.go          errors and answers
//	query.go input.go   parameters; bodies
//	accept.go           media types and formats that a client takes
//	path.go             paths and methods
//	site.go             the host of a request, and of the page that has sent it
//	write.go counting.go  long answers; the status of an answer
//	relay.go            answers of other nodes
package httpapi
