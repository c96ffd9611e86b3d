package engine

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Errors about versions.
var (
	ErrNoVersion    = errors.New("no such version")
	ErrVersionName  = errors.New("the name of a version is one line of at most 255 bytes of UTF-8")
	ErrUnreadable   = errors.New("what is stored cannot be read")
	ErrRestoreLarge = errors.New("the document has no room for the version; nothing is changed")

	// ErrTooManyVersions refuses a name for a version, as a room may have only so many with names.
	ErrTooManyVersions = errors.New("the room has as many named versions as it may have")
)

// keepBlob keeps a stored snapshot as a version, with the reason, the name and the users of v, and
// returns what is known of it.
func (e *Engine) keepBlob(
	ctx context.Context, key roomkey.Key, blob []byte, v Version,
) (Version, error) {
	v, err := e.storeVersion(ctx, key, blob, v)
	if err == nil {
		e.versionKept(key, v)
	}
	return v, err
}

// storeVersion is keepBlob without counting, logging and publishing it.
func (e *Engine) storeVersion(
	ctx context.Context, key roomkey.Key, blob []byte, v Version,
) (Version, error) {
	archive, ok := e.store.(Archive)
	if !ok {
		return v, errors.ErrUnsupported
	}
	v.Time, v.Size = time.Now().Truncate(time.Millisecond), len(blob)
	v.Kept = v.Time
	var err error
	if v.ID, err = archive.KeepVersion(ctx, key.String(), v, blob); err != nil {
		return v, e.versionError(err)
	}
	return v, nil
}

// versionKept counts, logs and publishes that a version is kept.
func (e *Engine) versionKept(key roomkey.Key, v Version) {
	e.metrics.versionsKept.Inc()
	e.log.Info("version kept", slog.String("room", key.String()), slog.Uint64("version", v.ID),
		slog.String("why", v.Why), slog.String("by", v.By))
	e.cfg().Events.Publish(events.Event{
		Kind: events.VersionCreated, Room: key.String(), By: v.By, Version: v.ID, Reason: v.Why,
	})
}

// versionError returns the error of the engine for one of a store.
func (e *Engine) versionError(err error) error {
	switch {
	case errors.As(err, new(interface{ NoVersion() })):
		return ErrNoVersion
	case errors.As(err, new(interface{ TooManyVersions() })):
		e.metrics.namedRefused.Inc()
		return fmt.Errorf("%w (%v)", ErrTooManyVersions, err)
	}
	return err
}

// hasNamed reports whether the room of a record has a version with a name, so that it must not
// expire. If that cannot be read, it has.
func (e *Engine) hasNamed(ctx context.Context, room string) bool {
	catalog, ok := e.store.(Catalog)
	if !ok || e.cfg().Records == nil {
		return false
	}
	all, err := catalog.Versions(ctx, room)
	for _, v := range all {
		if v.Name != "" {
			return true
		}
	}
	return err != nil
}

// recordArchive keeps versions for package recordsync: texts that lose a conflict.
type recordArchive struct{ e *Engine }

// KeepVersion implements recordsync.Archive.
func (a recordArchive) KeepVersion(ctx context.Context, room, why string, blob []byte) error {
	key, err := roomkey.Parse(room)
	if err != nil {
		return err
	}
	_, err = a.e.keepBlob(ctx, key, blob, Version{Why: why})
	return err
}
