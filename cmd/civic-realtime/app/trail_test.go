package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/civicpress/civic-realtime/cmd/civic-realtime/app/audit"
	"github.com/civicpress/civic-realtime/transport/admin"
)

// TestAuditedCalls shows the lines about calls: all that change something, the first of those that
// do not, whatever ports they come from, and those that are refused without the name that they
// give; and that a backup has a line of its own.
func TestAuditedCalls(t *testing.T) {
	name := filepath.Join(t.TempDir(), "audit.log")
	synctest.Test(t, func(t *testing.T) {
		trail, err := audit.Open(name, Version, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		call := auditCall(trail)
		for port := range 5 {
			remote := fmt.Sprint("192.0.2.1:", 40000+port)
			call(admin.Call{By: "ann", Remote: remote, Method: "GET", Route: "/v1/status", Status: 200})
			call(admin.Call{By: "ann", Remote: remote, Method: "POST", Status: 401, Refused: true})
		}
		for range 2 {
			call(admin.Call{By: "ann", Remote: "[2001:db8::1]:4", Method: "POST", Route: "/v1/rooms/{room}/lock", Room: "record:a", Status: 200})
		}
		call(admin.Call{By: "ann", Remote: "192.0.2.1:4", Method: "POST", Route: "/v1/backup", Status: 503})
		synctest.Wait()
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for part, want := range map[string]int{
			`"method":"GET"`: 1, `"status":401`: 1, `"address":"2001:db8::1","room":"record:a"`: 2, `"kind":"backup","by":"ann","address":"192.0.2.1","ok":false`: 1,
		} {
			if n := strings.Count(string(text), part); n != want {
				t.Errorf("%s: %d lines, want %d in\n%s", part, n, want, text)
			}
		}
		if strings.Contains(string(text), `"by":"ann","address":"192.0.2.1","method":"POST","status":401`) {
			t.Error("a refused request has the name that it gives")
		}
		_ = trail.Close()
	})
}

// TestActor shows who causes what is done with a context: its Actor, the one that has ended it, or
// an administrator.
func TestActor(t *testing.T) {
	ended, end := context.WithCancelCause(t.Context())
	end(Actor("signal:SIGTERM"))
	other, end := context.WithCancelCause(t.Context())
	end(errors.New("other"))
	for want, ctx := range map[string]context.Context{
		"signal:SIGHUP": By(t.Context(), "signal:SIGHUP"), "signal:SIGTERM": ended, "admin": other,
	} {
		if got := actorOf(ctx); got != want {
			t.Errorf("%s, want %s", got, want)
		}
	}
}
