// Package public answers plain HTTP requests on the listener for clients: health and readiness for
// load balancers, metrics, and a page for people who open the address in a browser. Operators have
// a listener of their own (package admin).
//
// Files, in layers; each uses only what is listed before it:
//
//	page.go     the page
//	handler.go  Handler
package public
