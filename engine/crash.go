package engine

import (
	"fmt"
	"log/slog"
	"runtime/debug"
)

var crashed = &CloseError{Code: CloseInternal, Reason: "internal error"}

// guard is deferred around what works on a room's document. A panic there ends
// the room and not the process: what is in memory is not to be trusted, let
// alone saved, so it is dropped, and whoever joins next loads what is durable.
func (r *room) guard(err *error) {
	if cause := recover(); cause != nil {
		r.crash(cause)
		*err = crashed
	}
}

func (r *room) crash(cause any) {
	r.e.metrics.crashes.Inc()
	r.e.log.Error("room crashed: "+fmt.Sprint(cause), slog.String("room", r.name), slog.String("stack", string(debug.Stack())))
	r.runLocked(func() {
		if r.state == stateGone {
			return
		}
		r.abandonLocked()
		for _, p := range r.peers {
			p.close(crashed)
		}
	})
}
