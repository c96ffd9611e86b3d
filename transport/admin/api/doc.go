// Package api has the JSON documents of the admin API, for its server and its clients. The names of
// their members end with units; times are in RFC 3339. openapi.json of package admin describes
// them.
//
// Files, in layers; each uses only what is listed before it:
//
//	problem.go health.go nodes.go       errors; health; the servers that share rooms
//	connections.go rooms.go process.go  clients; rooms; the process
//	versions.go webhooks.go session.go  what is stored, and earlier versions; webhooks; sessions
//	history.go configuration.go         samples; the configuration
package api
