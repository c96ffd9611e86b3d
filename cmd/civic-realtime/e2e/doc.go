// Package e2e tests the built binary from outside, with real clients: Node processes that run
// y-websocket 1.5 to 4, and editors of a record as CivicPress has them, ProseMirror bound by
// y-prosemirror, in Node and in pages of a headless Chromium.
//
// It has tests only. They need Node 20 or later, `npm ci` run here and in editor, and for the pages
// Chromium on the PATH, or its path in CHROMIUM; without those they fail, unless benchmarks are
// asked for, of which there are none here. One browser serves all tests, and every page in it is a
// stranger to the others. The editor's scripts are bundled when the first test needs them: with the
// schema and the Markdown of codec/markdown/reference, and the packages of editor, of which Yjs and
// ProseMirror put up with one copy only.
package e2e
