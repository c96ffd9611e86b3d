// Package fuzz holds the flat document and the update checker against real Yjs.
//
// TestDifferential lets real Yjs clients edit together in a Node process (worker/),
// feeds what they send to an ydoc.Doc, and has Yjs judge everything the Doc says:
// state, novelty, diffs, split and compacted forms, and what the view reads.
// TestPoison does the same with updates that were damaged on the way. Both play a
// fixed number of sessions, or play for FUZZ_TIME (a Go duration), from seed FUZZ_SEED on.
// What fails is shrunk and kept in testdata/replay, which TestReplay runs from then on.
//
// Where Yjs documents that get the same updates in different pieces disagree with each
// other, nothing is decided; worker/doubts.mjs says when that is, and the campaigns count it.
//
// The targets for `go test -run '^$' -fuzz` need no Node. The tests need Node 20 and what
// `npm ci` installs here; they fail without.
package fuzz
