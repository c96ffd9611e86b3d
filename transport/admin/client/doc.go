// Package client calls the admin API of a running server.
//
//	c := client.New(client.Config{URL: "http://127.0.0.1:3002", Token: token})
//	status, err := c.Status(ctx)
//
// An error is a *api.Problem if the server has answered with one, or wraps ErrUnreachable if
// nothing answers.
//
// Files, in layers; each uses only what is listed before it:
//
//	client.go             Client, and how it calls
//	events.go methods.go webhooks.go  the stream of events; a method for each route
//	stored.go             what is stored: versions and backups
package client
