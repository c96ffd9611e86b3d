// Package e2e tests the built binary from outside, with real clients: Node processes with
// y-websocket 1.5 to 4, and editors as CivicPress has them, ProseMirror bound by y-prosemirror, in
// Node and in pages of a headless Chromium.
//
// It has tests only. They need Node 20 or later, `npm ci` in this folder, in editor, in recipes and
// in imports, and for pages Chromium on the PATH, or its path in CHROMIUM. Without those they fail,
// except when benchmarks are requested, as this package has none. One browser serves all tests; its
// pages share no state. The scripts of the editor are bundled when the first test needs them, of
// the schema and Markdown in codec/markdown/reference and the packages in editor: Yjs and
// ProseMirror must exist in one copy only. So are the pages of docs/editors.md, of its code blocks
// and the packages in recipes.
package e2e
