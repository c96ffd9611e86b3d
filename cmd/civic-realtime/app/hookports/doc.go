// Package hookports makes a client of hooks (package persist/hooks) the engine's Records, and an
// auth.Authenticator. Documents are kept as Markdown, as JSON of ProseMirror, which is turned into
// Markdown, or as Yjs updates.
//
// Files, in layers; each uses only what is listed before it:
//
//	formats.go    contents of documents in each format
//	records.go    engine.Records
//	authority.go  auth.Authenticator
package hookports
