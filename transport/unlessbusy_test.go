package transport

import (
	"context"
	"testing"
	"testing/synctest"
	"time"
)

// TestUnlessBusy shows that a timeout does not end a context while the server itself is the cause
// of the delay.
func TestUnlessBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, tt := range []struct {
			busy int // how many calls report that
			ends time.Duration
		}{{0, 30 * time.Second}, {1, time.Minute}, {3, 2 * time.Minute}} {
			began, left := time.Now(), tt.busy
			ctx, cancel := unlessBusy(context.Background(), 30*time.Second, func() bool { left--; return left >= 0 })
			<-ctx.Done()
			if took := time.Since(began); took != tt.ends || context.Cause(ctx) != context.DeadlineExceeded {
				t.Errorf("busy %d times: it ended after %v, %v", tt.busy, took, context.Cause(ctx))
			}
			cancel()
		}
		ctx, cancel := unlessBusy(context.Background(), 30*time.Second, func() bool { return true })
		time.Sleep(time.Hour)
		if ctx.Err() != nil {
			t.Error("it ended while the server was busy")
		}
		cancel()
		if context.Cause(ctx) != context.Canceled {
			t.Errorf("then: %v", context.Cause(ctx))
		}
		left, leave := context.WithCancel(context.Background())
		ctx, cancel = unlessBusy(left, 30*time.Second, func() bool { return true })
		defer cancel()
		leave()
		if <-ctx.Done(); context.Cause(ctx) != context.Canceled {
			t.Errorf("who has left: %v", context.Cause(ctx))
		}
	})
}
