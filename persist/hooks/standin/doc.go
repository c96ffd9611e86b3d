// Package standin is a receiver of hooks for tests: it decides about tokens, and keeps documents.
// It checks every signature, and has methods to make it fail, to revoke tokens and to change
// documents. It keeps everything in memory.
//
//	POST /authorize
//	POST /load
//	POST /store
//
// Files, in layers; each uses only what is listed before it:
//
//	state.go    Receiver: its users, documents and options
//	faults.go   failures of calls
//	routes.go   the three endpoints
//	serve.go    checking and logging of calls
//	standin.go  New, Listen
package standin
