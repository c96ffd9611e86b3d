package engine

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// Reasons of versions.
const (
	byHand        = "by hand"        // CreateVersion's
	beforeRestore = "before restore" // of the document before a restoration
)

// MaxVersionText is the length of the longest text about a version, in bytes.
const MaxVersionText = 255

// CreateVersion keeps the present document of a room as a version, with a name, which may be empty.
// The room need not be loaded, and is not loaded for that. Its error is ErrVersionName,
// ErrTooManyVersions, errors.ErrUnsupported if the store keeps no versions, ErrNoRoom, too, if
// nobody has written anything, or one of ReadVersion.
func (e *Engine) CreateVersion(
	ctx context.Context, key roomkey.Key, name string, by Author,
) (v Version, err error) {
	if err := CheckVersionName(name); err != nil {
		return v, err
	}
	if err := e.keeping.begin(key); err != nil {
		return v, err
	}
	defer e.keeping.end(key)
	s, err := e.readWritten(ctx, key)
	if err != nil {
		return v, err
	}
	v = versionBy(by)
	v.Why, v.Name = byHand, name
	n, end := e.begin(ctx, VersionCreated, key, by)
	if v, err = e.keepVersion(ctx, key, s, v); err != nil {
		if errors.Is(err, ErrTooManyVersions) || errors.Is(err, ErrDeleted) {
			end()
		}
		return v, err
	}
	end(n.created(v))
	return v, e.keepNamed(ctx, key, name)
}

// EnsureVersion keeps the present document of a room as a version for a reason, unless the newest
// version is the present document already, or one was kept for that reason within a time. It
// returns the version that is kept, or was. Its error is one of CreateVersion.
func (e *Engine) EnsureVersion(
	ctx context.Context, key roomkey.Key, why string, by Author, within time.Duration,
) (v Version, err error) {
	if err := e.keeping.begin(key); err != nil {
		return v, err
	}
	defer e.keeping.end(key)
	all, err := e.Versions(ctx, key)
	if err != nil {
		return v, err
	}
	var newest Version
	now := time.Now()
	for _, v := range all {
		if age := now.Sub(keptAt(v)); v.Why == why && age >= 0 && age < within {
			return v, nil
		}
		if !keptAt(v).Before(keptAt(newest)) {
			newest = v
		}
	}
	s, err := e.readWritten(ctx, key)
	if err != nil {
		return v, err
	}
	if newest.ID != 0 {
		then, err := e.ReadVersion(ctx, key, newest.ID)
		if err == nil && sameState(then, s) {
			return newest, nil
		}
	}
	v = versionBy(by)
	v.Why = cutText(why)
	return e.keepVersion(ctx, key, s, v)
}

// readWritten is ReadVersion of the present document, with ErrNoRoom if nobody has written in it.
// The text of a record may be empty.
func (e *Engine) readWritten(
	ctx context.Context, key roomkey.Key,
) (s snapshot.Snapshot, err error) {
	s, err = e.ReadVersion(ctx, key, 0)
	_, ofRecord := key.Record()
	if err == nil && !ofRecord && bytes.Equal(s.State, emptyUpdate) {
		err = ErrNoRoom
	}
	return s, err
}

// keptAt returns when a version was kept or, if that is not known, when it was saved.
func keptAt(v Version) time.Time {
	if v.Kept.IsZero() {
		return v.Time
	}
	return v.Kept
}

// sameState reports whether two snapshots of a room have the same document.
func sameState(a, b snapshot.Snapshot) bool {
	return a.Version == b.Version && bytes.Equal(a.State, b.State)
}

// RenameVersion gives a version another name; an empty one takes its name away. Its error is
// ErrVersionName, ErrNoVersion, ErrTooManyVersions, errors.ErrUnsupported or one of the store.
func (e *Engine) RenameVersion(
	ctx context.Context, key roomkey.Key, id uint64, name string,
) error {
	if err := CheckVersionName(name); err != nil {
		return err
	}
	store, ok := e.store.(VersionEditor)
	if !ok {
		return errors.ErrUnsupported
	}
	if err := e.versionError(store.RenameVersion(ctx, key.String(), id, name)); err != nil {
		return err
	}
	return e.keepNamed(ctx, key, name)
}

// DeleteVersion deletes a version. Its error is ErrNoVersion, errors.ErrUnsupported or one of the
// store.
func (e *Engine) DeleteVersion(ctx context.Context, key roomkey.Key, id uint64) error {
	store, ok := e.store.(VersionEditor)
	if !ok {
		return errors.ErrUnsupported
	}
	return e.versionError(store.DeleteVersion(ctx, key.String(), id))
}

// CheckVersionName returns ErrVersionName unless a text can be the name of a version, or is empty.
func CheckVersionName(name string) error {
	if len(name) > MaxVersionText || !printable(name) {
		return ErrVersionName
	}
	return nil
}

// versionBy returns a version that a user has kept.
func versionBy(by Author) Version {
	return Version{By: cutText(by.ID), ByName: cutText(by.Name), For: cutText(by.OnBehalfOf)}
}

// cutText returns the beginning of a text that is too long to be stored.
func cutText(text string) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	for len(text) > MaxVersionText {
		_, n := utf8.DecodeLastRuneInString(text)
		text = text[:len(text)-n]
	}
	return text
}

// keepVersion keeps a document as a version, with the reason, the name and the users of v, and
// returns what is known of it. Its error is ErrDeleted if the document was deleted meanwhile: then
// the version was, too.
func (e *Engine) keepVersion(
	ctx context.Context, key roomkey.Key, s snapshot.Snapshot, v Version,
) (Version, error) {
	blob, err := snapshot.Append(nil, s, e.cfg().Compression)
	if err != nil {
		return v, err
	}
	if v, err = e.storeVersion(ctx, key, blob, v); err != nil {
		return v, err
	}
	if e.isDeleted(ctx, key.String()) { // by another node, which may not have seen the version
		if err := e.DeleteVersion(ctx, key, v.ID); err != nil && err != ErrNoVersion {
			return v, err
		}
		return v, ErrDeleted
	}
	e.versionKept(key, v)
	return v, nil
}

// keepNamed takes the expiry of a record's room back that has a version with a name, as versions go
// with their room. A room without a record expires all the same: Config.KeepUnowned is a promise
// that its documents go.
func (e *Engine) keepNamed(ctx context.Context, key roomkey.Key, name string) error {
	x := &e.saver.expirer
	if name == "" || x.archive == nil || e.cfg().Records == nil {
		return nil
	}
	return x.takeBack(ctx, key.String())
}
