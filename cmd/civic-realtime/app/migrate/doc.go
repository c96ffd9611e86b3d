// Package migrate imports the documents of other servers into a store. Reading the stores of those
// servers is for the packages below persist/imports; this one gives documents their rooms, merges
// their updates, and stores the results. It holds one document in memory at a time.
//
// Each document is stored in one commit, so an import that was interrupted can be repeated: it
// finds what is there already.
//
// Files, in layers; each uses only what is listed before it:
//
//	source.go    the servers whose stores are read
//	rooms.go     the rooms of documents
//	document.go  the document that updates make
//	report.go    the results
//	options.go   the options of an import
//	save.go      storing a document
//	run.go       Run
package migrate
