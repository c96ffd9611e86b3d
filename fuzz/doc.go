// Package fuzz holds the flat document and the update checker against real Yjs.
//
// TestDifferential lets real Yjs clients edit together in a Node process (worker/),
// feeds what they send to an ydoc.Doc, and compares with Yjs everything the Doc says:
// state, novelty, diffs, split and compacted forms, and what the view reads.
// TestOrigins does the same where somebody writes structs with any two origins, and
// TestPoison with updates that were damaged on the way. Each plays a
// fixed number of sessions, or plays for FUZZ_TIME (a Go duration), from seed FUZZ_SEED on.
// What fails is shrunk and kept in testdata/replay, which TestReplay runs from then on.
//
// Yjs 13 decides what a document is. Beside it clients of Yjs 13 and 14 do what real ones do with
// what they are sent (worker/clients.mjs), and must read the same from it. They differ in three
// ways, for which nobody can be blamed: Yjs 14 integrates structs behind a gap and retries what
// waits at other times, so nothing is compared while something waits in either; its types have no
// class (a type ref stays what it was, but an XML hook reads as an element, a map as a type with
// attributes), so their items are compared and not what toJSON says; and it writes what a
// subdocument's options were, where Yjs 13 writes gc, autoLoad and meta.
//
// Where Yjs documents that get the same updates in different pieces disagree with each
// other, nothing is decided; worker/doubts.mjs says when that is, and the campaigns count it.
//
// The targets for `go test -run '^$' -fuzz` need no Node. The tests need Node 20 and what
// `npm ci` installs here; they fail without.
package fuzz
