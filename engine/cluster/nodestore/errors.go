package nodestore

import (
	"context"
	"errors"
	"log/slog"

	"github.com/civicpress/civic-realtime/codec/lib0"
	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/stored"
)

// notOwner is the error of rows of a room that this node does not have. They are on its disk all
// the same, and are sent as late updates.
type notOwner struct{}

func (notOwner) Error() string { return cluster.ErrNotOwner.Error() }

// NotOwner is true.
func (notOwner) NotOwner() bool { return true }

// Is makes a notOwner a cluster.ErrNotOwner.
func (notOwner) Is(target error) bool { return target == cluster.ErrNotOwner }

var (
	// errAnother says that a loaded room is another document than the one that Redis has by now.
	errAnother = errors.New("the room has another document by now")
	// errUnsent says that rows have to be sent before something else.
	errUnsent = errors.New("updates of the room are not sent yet")
	// errWaits says that Redis has not taken a row yet.
	errWaits = errors.New("Redis has not taken the update yet")
)

// isRefusal reports whether Redis says that the room is not this node's, or not this document's.
func isRefusal(err error) bool {
	return errors.Is(err, cluster.ErrNotOwner) || errors.Is(err, cluster.ErrDropped)
}

// isDamage reports whether err says that stored data is damaged.
func isDamage(err error) bool {
	var damage interface{ Damaged() }
	return errors.As(err, &damage)
}

// lock is a mutex that a caller can stop waiting for.
type lock chan struct{}

func newLock() lock { return make(lock, 1) }

func (l lock) acquire(ctx context.Context) error {
	select {
	case l <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (l lock) release() { <-l }

// isUnreadable reports whether err is about what is stored, and trying again is of no use.
func isUnreadable(err error) bool {
	if err == nil {
		return false
	}
	for _, of := range [...]error{
		stored.ErrRow, snapshot.ErrChecksum, snapshot.ErrTruncated, snapshot.ErrPayload,
		snapshot.ErrFormat, snapshot.ErrMagic, snapshot.ErrAlgorithm, snapshot.ErrTooLarge,
	} {
		if errors.Is(err, of) {
			return true
		}
	}
	var syntax *lib0.SyntaxError
	return errors.As(err, &syntax) || isDamage(err)
}

// roomAndReason returns the attributes of a log line.
func roomAndReason(room string, err error) []any {
	return []any{slog.String("room", room), slog.Any("reason", err)}
}
