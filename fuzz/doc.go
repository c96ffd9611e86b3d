// Package fuzz compares the flat document and the update checker with real Yjs.
//
// TestDifferential lets real Yjs clients edit together in a Node process (worker/), feeds their
// updates to a ydoc.Doc, and compares everything that the Doc can return with Yjs: state, changes,
// differences, split and compacted forms, and the content as the view reads it. TestOrigins does
// the same with structs that have any two origins, and TestPoison with updates that were damaged
// on the way. Each plays a fixed number of sessions, or plays for FUZZ_TIME (a Go duration), from
// seed FUZZ_SEED on. A session that fails is shrunk and kept in testdata/replay, which TestReplay
// runs from then on.
//
// Yjs 13 is the reference. Beside it clients of Yjs 13 and 14 get the same updates
// (worker/clients.mjs), and must read the same content. Three differences between the two are not
// compared. Yjs 14 integrates structs behind a gap, and retries pending structs at other times, so
// nothing is compared while either has pending structs. Its types have no class (an XML hook reads
// as an element, a map as a type with attributes), so their items are compared and not the result
// of toJSON. And it writes the options that a subdocument had, where Yjs 13 writes gc, autoLoad
// and meta.
//
// Yjs documents that get the same updates in different pieces may disagree with each other; then
// there is no reference. worker/undecided.mjs has the conditions, and the campaigns count the
// cases.
//
// The targets for `go test -run '^$' -fuzz` need no Node. The tests need Node 20 and the packages
// that `npm ci` installs here; they fail without.
package fuzz
