package app

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/netip"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/transport/admin"
	"github.com/civicpress/civic-realtime/transport/documents"
)

// auditConfig configures the audit trail. Without a file there is none.
type auditConfig struct {
	File string `yaml:"file"`
}

// open opens the trail; it is nil without a file.
func (c *auditConfig) open(log *slog.Logger) (*audit.Trail, error) {
	if c.File == "" {
		return nil, nil
	}
	return audit.Open(c.File, Version, log)
}

// auditEvents is how many events may wait to become lines.
const auditEvents = 1024

// follow makes a trail have lines about events until stop is called.
func follow(trail *audit.Trail, hub *events.Hub) (stop func()) {
	if trail == nil {
		return func() {}
	}
	return trail.Follow(hub.Subscribe(auditEvents))
}

// auditCall returns the function that writes lines about calls of the admin API, nil without a
// trail.
func auditCall(trail *audit.Trail) func(admin.Call) {
	if trail == nil {
		return nil
	}
	return func(c admin.Call) {
		from := hostOf(c.Remote) // requests of a client come from many ports
		l := audit.Line{
			Kind: audit.AdminCall, By: c.By, Address: from, Method: c.Method, Route: c.Route,
			Room: c.Room, User: c.User, Status: c.Status,
		}
		if c.Refused { // nobody has shown who it is
			l.By = ""
		}
		trail.Add(l)
		if c.Route == backupRoute && !c.Refused {
			done := c.Status < 300 // else the call's line has the status
			trail.Add(audit.Line{Kind: audit.Backup, By: c.By, Address: from, OK: &done})
		}
	}
}

// auditProgram returns the function that writes lines about calls of programs, nil without a trail.
func auditProgram(trail *audit.Trail) func(documents.Call) {
	if trail == nil {
		return nil
	}
	return func(c documents.Call) {
		trail.Add(audit.Line{
			Kind: audit.ProgramCall, By: c.By, Address: hostOf(c.Remote), Method: c.Method,
			Route: c.Route, Room: c.Room, Status: c.Status,
		})
	}
}

// backupRoute is the route whose calls are backups.
const backupRoute = "/v1/backup"

// hostOf returns the address of an address and port.
func hostOf(remote string) string {
	if a, err := netip.ParseAddrPort(remote); err == nil {
		return a.Addr().String()
	}
	host, _, _ := net.SplitHostPort(remote)
	return host
}

// Actor is the name of who causes something, for the audit trail: "signal:NAME", or that of an
// administrator. As an error it is the cause with which the context of a Server ends.
type Actor string

func (a Actor) Error() string { return string(a) }

// actorKey is the key of an Actor in a context.
type actorKey struct{}

// By returns a context with the name of who causes what is done with it.
func By(ctx context.Context, a Actor) context.Context {
	return context.WithValue(ctx, actorKey{}, a)
}

// actorOf returns the name of who causes what is done with ctx, or has ended it; "admin" if it has
// none.
func actorOf(ctx context.Context) string {
	if a, ok := ctx.Value(actorKey{}).(Actor); ok {
		return string(a)
	}
	if a, ok := errors.AsType[Actor](context.Cause(ctx)); ok {
		return string(a)
	}
	return "admin"
}

// auditReload writes a line about a reload.
func auditReload(ctx context.Context, trail *audit.Trail, changed []string, err error) {
	l := audit.Line{Kind: audit.Reload, By: actorOf(ctx), Keys: changed, OK: new(err == nil)}
	if err != nil {
		l.Reason = err.Error()
	}
	trail.Add(l)
}

// auditDrain writes a line when the shutdown begins: when serving is done, whose cause may be an
// Actor. wait returns when the line is with the trail.
func auditDrain(
	serving context.Context, trail *audit.Trail, handingOver func() bool,
) (wait func()) {
	done := make(chan struct{})
	context.AfterFunc(serving, func() {
		defer close(done)
		by := actorOf(serving)
		if handingOver() {
			by = "takeover"
		}
		trail.Add(audit.Line{Kind: audit.Drain, By: by})
	})
	return func() { <-done }
}
