package transport

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine"
)

// TestReadyOfConfig shows that the server is not ready while Config.Ready says so.
func TestReadyOfConfig(t *testing.T) {
	away := errors.New("away")
	var now error
	w := newWorld(t, with(Config{Ready: func() error { return now }}))
	if err := w.Ready(); err != nil {
		t.Error(err)
	}
	if now = away; !errors.Is(w.Ready(), away) {
		t.Errorf("%v", w.Ready())
	}
}

// TestBeforeDrain shows that a shutdown calls Config.BeforeDrain while connections are served, for
// less than the time that it has itself.
func TestBeforeDrain(t *testing.T) {
	began, goOn := make(chan time.Time, 1), make(chan struct{})
	w := newWorld(t, with(Config{BeforeDrain: func(ctx context.Context) {
		end, _ := ctx.Deadline()
		began <- end
		<-goOn
	}}))
	c := dial(t, w, "/realtime/records/x")
	c.receive(protocol.SyncRequest)
	w.Drain()
	if end := <-began; !end.Before(time.UnixMilli(w.drain.ends.Load())) {
		t.Errorf("it may take until %v", end)
	}
	late := dial(t, w, "/realtime/records/y")
	late.receive(protocol.SyncRequest)
	close(goOn)
	c.mustClose(engine.CloseUnavailable, "restarting")
	late.mustClose(engine.CloseUnavailable, "restarting")
}
