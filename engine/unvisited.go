package engine

import (
	"context"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// ExpireUnvisited has rooms that are stored without an expiry, and that nobody is in, expire
// as if they had been left now: those of which the process before could not say when they
// were left, or did not have to. Where rooms stay for ever it does nothing. It returns when it
// has been through, or ctx is done.
func (e *Engine) ExpireUnvisited(ctx context.Context, rooms []string) {
	x := &e.saver.expirer
	if x.archive == nil || e.cfg.Records != nil {
		return
	}
	at := time.Now().Add(e.cfg.keeps())
	for _, name := range rooms {
		if ctx.Err() != nil {
			return
		}
		if e.isLoaded(name) {
			continue // it expires when it is unloaded
		}
		err := x.archive.Expire(ctx, name, at)
		if e.isLoaded(name) { // who loads it may have taken back nothing, as there was nothing yet
			err = x.takeBack(ctx, name)
		}
		if err != nil {
			e.log.Warn("room does not expire", slog.String("room", name), slog.String("reason", err.Error()))
		}
	}
}

// isLoaded reports whether the room of that name is loaded. One whose name is not a key's
// cannot be.
func (e *Engine) isLoaded(name string) bool {
	key, err := roomkey.Parse(name)
	return err == nil && e.roomMap.find(key) != nil
}
