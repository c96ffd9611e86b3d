package snapshots

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"github.com/civicpress/civic-realtime/codec/snapshot"
	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/engine/stored"
	"github.com/civicpress/civic-realtime/persist"
	"github.com/civicpress/civic-realtime/persist/bolt"
)

// ErrNothingRecoverable is returned by Salvage for a room of which nothing but versions is
// readable.
var ErrNothingRecoverable = errors.New("nothing can be had of")

// Errors of Inspect, which has printed the damage.
var (
	ErrStoreDamaged   = errors.New("the store does not open")
	ErrRecordsDamaged = errors.New("records are damaged")
)

// Inspect prints the damage in the store of a stopped server, and all quarantined data. It changes
// nothing.
func Inspect(w io.Writer, dir string) error {
	in, err := bolt.Inspect(dir)
	if err != nil {
		return err
	}
	PrintDamage(w, in.Damage)
	bad := PrintRecoverable(w, in.Rooms)
	for _, a := range in.Quarantined {
		fmt.Fprintf(w, "quarantined as %d, %s: record %s: %s\n", a.ID, when(a.Time), quoted(RecordOf(a.Room)), printable(a.Reason))
	}
	fmt.Fprintf(w, "%d records, %d of them damaged\n", len(in.Rooms), bad)
	switch {
	case !in.Opens:
		return ErrStoreDamaged
	case bad > 0:
		return ErrRecordsDamaged
	}
	return nil
}

// PrintDamage prints a line for each damage.
func PrintDamage(w io.Writer, all []persist.Damage) {
	for _, d := range all {
		fmt.Fprintln(w, printable(d.String()))
	}
}

// PrintRecoverable prints the rooms with damaged parts, and returns their number.
func PrintRecoverable(w io.Writer, rooms []bolt.Recoverable) (bad int) {
	t := table(w, "RECORD", "SNAPSHOT", "ROWS", "DAMAGED ROWS", "VERSIONS", "DAMAGED VERSIONS", "REASON")
	for _, r := range rooms {
		if r.Reason == "" && r.LostRows == 0 && r.LostVersions == 0 {
			continue
		}
		bad++
		snapshot := "none"
		switch {
		case r.Lost:
			snapshot = "damaged"
		case r.Size > 0:
			snapshot = fmt.Sprint(r.Size, " bytes")
		}
		line(t, quoted(RecordOf(r.Room)), snapshot, fmt.Sprint(r.Count), fmt.Sprint(r.LostRows),
			fmt.Sprint(len(r.Versions)), fmt.Sprint(r.LostVersions), printable(r.Reason))
	}
	if bad > 0 {
		_ = t.Flush()
	}
	return bad
}

// Salvage returns the readable parts of a room.
func Salvage(ctx context.Context, st *bolt.Store, key roomkey.Key) (bolt.Recoverable, error) {
	r, err := st.Recoverable(ctx, key.String())
	if err == nil && r.Snapshot == nil && len(r.Rows) == 0 {
		err = fmt.Errorf("%w %s but %d versions", ErrNothingRecoverable, Label(key), len(r.Versions))
	}
	return r, err
}

// Quarantined returns the data that was quarantined under a number.
func Quarantined(ctx context.Context, st *bolt.Store, id uint64) (bolt.Recoverable, error) {
	r, err := st.Quarantined(ctx, id)
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("nothing is quarantined as %d", id)
	}
	return r, err
}

// Rebuild makes a document of the readable parts, and writes a summary in numbers to w.
func Rebuild(w io.Writer, r bolt.Recoverable) (s State, err error) {
	doc, useless, err := stored.Salvage(r.Snapshot, r.Rows, MaxBytes)
	if err != nil {
		return s, err
	}
	fmt.Fprintf(w, "%d bytes of snapshot and %d rows, %d of no use, give a document of %d bytes, version %d\n",
		len(r.Snapshot), len(r.Rows), useless, len(doc.State), doc.Version)
	return State{blob: r.Snapshot, rows: max(1, len(r.Rows)), Snapshot: doc}, nil
}

// Replace makes s the stored state of a room, compressed by a, and quarantines everything that was
// stored of the room.
func Replace(
	ctx context.Context, st *bolt.Store, key roomkey.Key, s State, a snapshot.Algorithm,
) error {
	blob, err := s.Encode(a)
	if err != nil {
		return err
	}
	if err := st.Quarantine(ctx, key.String()); err != nil {
		return err
	}
	return st.SaveSnapshot(ctx, key.String(), blob, 0)
}
