// Package codec is a folder of packages that turn bytes into typed values and back.
// They are pure: no goroutines, no I/O, no clock.
//
//	lib0              varints, strings, Any values
//	jsontext          checking and taking apart JSON without decoding it
//	yjs               updates, state vectors, awareness updates
//	websocket         frames
//	protocol          messages, and the protocols clients speak
//	snapshot          the stored form of documents
//	markdown          Markdown and the documents it becomes
//	standardwebhooks  signatures of HTTP requests
//	steps             counting work in tests
package codec
