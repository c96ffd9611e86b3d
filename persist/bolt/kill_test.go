package bolt

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

const (
	childEnv  = "BOLT_TEST_CHILD" // the directory; the test binary is then the process to kill
	asyncEnv  = "BOLT_TEST_ASYNC"
	killRooms = 4
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(childEnv); dir != "" {
		fmt.Fprintln(os.Stderr, child(dir, os.Getenv(asyncEnv) != ""))
		os.Exit(1)
	}
	os.Exit(m.Run())
}

// everything has SaveSnapshot keep each snapshot that it replaces, three at a time, for an hour.
var everything = persist.Retention{
	Versions: 3, VersionInterval: time.Nanosecond, MaxAge: time.Hour,
}

// numberedBlob returns a blob that has n, of a size that depends on n: mostly small, now and then
// several chunks.
func numberedBlob(n uint64) []byte {
	size := 30
	if n%23 == 0 {
		size = int(n*7919) % (200 << 10)
	}
	return append(binary.BigEndian.AppendUint64(nil, n), bytes.Repeat([]byte{byte(n)}, size)...)
}

func killRoom(n uint64) string { return fmt.Sprint("room", n%killRooms) }

// child appends the rows 1, 2, 3, …, each to the room n%killRooms, in batches, and prints "n seq"
// for each when it is committed. A snapshot of a room is the newest number in it. It continues from
// the stored rows, until it is killed.
func child(dir string, async bool) error {
	s, err := Open(dir, Config{Async: async, Retention: everything})
	if err != nil {
		return err
	}
	n, err := newest(s)
	for random := rand.New(rand.NewPCG(n, 0)); err == nil; {
		n, err = childStep(s, n, 1+random.IntN(5), random.IntN(6) == 0)
	}
	return err
}

func childStep(s *Store, n uint64, count int, snapshot bool) (uint64, error) {
	var rows []persist.Row
	for range count {
		n++
		rows = append(rows, persist.Row{Room: killRoom(n), Data: numberedBlob(n)})
	}
	err := s.Append(context.Background(), rows)
	if err != nil {
		return n, err
	}
	for i, row := range rows {
		fmt.Println(n-uint64(count-1-i), row.Seq)
	}
	if snapshot {
		last := rows[count-1].Seq
		err = errors.Join(s.SaveSnapshot(context.Background(), killRoom(n), numberedBlob(n), last),
			dropOne(s, n), sweep(s, n))
	}
	return n, err
}

// dropOne fills a room and drops it again.
func dropOne(s *Store, n uint64) error {
	ctx := context.Background()
	appendErr := s.Append(ctx, []persist.Row{{Room: "doomed", Data: numberedBlob(n)}})
	keepErr := keepVersion(ctx, s, "doomed", "why", numberedBlob(n))
	expireErr := s.Expire(ctx, "doomed", time.Unix(1, 0))
	_, dropErr := s.DropExpired(ctx, time.Unix(2, 0))
	return errors.Join(appendErr, keepErr, expireErr, dropErr)
}

// sweep keeps a version with a name, and one without, deletes the oldest of more than three with a
// name, and has all versions go that are too old in two hours.
func sweep(s *Store, n uint64) error {
	ctx := context.Background()
	_, keepErr := s.KeepVersion(ctx, "swept", persist.Version{Name: "named"}, numberedBlob(n))
	unnamedErr := keepVersion(ctx, s, "swept", "why", numberedBlob(n))
	list, err := s.Versions(ctx, "swept")
	if len(list) > 4 {
		err = errors.Join(err, s.DeleteVersion(ctx, "swept", list[0].ID))
	}
	_, dropErr := s.DropVersions(ctx, time.Now().Add(2*time.Hour))
	return errors.Join(keepErr, unnamedErr, err, dropErr)
}

// checkSwept checks that of the room that sweep fills everything can be read, and that no named
// version went with those that were too old.
func checkSwept(s *Store) error {
	list, err := s.Versions(context.Background(), "swept")
	unnamed := 0
	for _, v := range list {
		blob, readErr := s.Version(context.Background(), "swept", v.ID)
		if err = errors.Join(err, readErr); readErr == nil && !bytes.Equal(blob, numberedBlob(binary.BigEndian.Uint64(blob))) {
			err = fmt.Errorf("version %d is not what was kept", v.ID)
		}
		if v.Name == "" {
			unnamed++
		}
	}
	if named := len(list) - unnamed; err == nil && len(list) > 0 && (named == 0 || named > 4 || unnamed > 1) {
		err = fmt.Errorf("%d versions with a name, and %d without", named, unnamed)
	}
	return err
}

// checkVersions reads every version of a room whose snapshot is number n.
func checkVersions(s *Store, room, n uint64) error {
	list, err := s.Versions(context.Background(), killRoom(room))
	if err != nil || len(list) > everything.Versions {
		return fmt.Errorf("%d versions of room %d: %w", len(list), room, err)
	}
	before := uint64(0)
	for _, v := range list {
		blob, err := s.Version(context.Background(), killRoom(room), v.ID)
		if err != nil {
			return err
		}
		at := binary.BigEndian.Uint64(blob)
		if !bytes.Equal(blob, numberedBlob(at)) || at <= before || at >= n {
			return fmt.Errorf("version %d of room %d is of row %d, after %d and before %d", v.ID,
				room, at, before, n)
		}
		before = at
	}
	return nil
}

// newest checks every room for gaps and returns the newest number in any.
func newest(s *Store) (n uint64, err error) {
	if err := checkSwept(s); err != nil {
		return 0, err
	}
	for room := range uint64(killRooms) {
		in, err := newestIn(s, room)
		if err != nil {
			return 0, err
		}
		n = max(n, in)
	}
	return n, nil
}

func newestIn(s *Store, room uint64) (n uint64, err error) {
	snapshot, rows, err := s.Load(context.Background(), killRoom(room))
	if err != nil {
		return 0, err
	}
	next := room
	if room == 0 {
		next = killRooms
	}
	if snapshot != nil {
		n = binary.BigEndian.Uint64(snapshot)
		if !bytes.Equal(snapshot, numberedBlob(n)) {
			return 0, fmt.Errorf("snapshot %d of room %d is not what was written", n, room)
		}
		if err := checkVersions(s, room, n); err != nil {
			return 0, err
		}
		next = n + killRooms
	}
	for _, row := range rows {
		if !bytes.Equal(row, numberedBlob(next)) {
			return 0, fmt.Errorf("room %d has %d bytes of row %d where row %d should be",
				room, len(row), binary.BigEndian.Uint64(row), next)
		}
		n, next = next, next+killRooms
	}
	return n, nil
}

// TestKilledProcess repeatedly kills a process that appends, and checks that the store has all rows
// that the process had reported as committed.
func TestKilledProcess(t *testing.T) {
	for name, async := range map[string]string{"sync": "", "async": "1"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			var acked [killRooms]uint64
			var seq uint64
			for range 15 {
				seq = killOne(t, dir, async, &acked, seq)
				check(t, dir, async != "", &acked, seq)
			}
			if seq == 0 {
				t.Error("nothing was committed in any round")
			}
		})
	}
}

// killOne runs a child until it has printed a random number of lines, kills it, and reads the rest
// of its output.
func killOne(t *testing.T, dir, async string, acked *[killRooms]uint64, seq uint64) uint64 {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), childEnv+"="+dir, asyncEnv+"="+async)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err = errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	for killAfter := rand.IntN(80); ; killAfter-- {
		if killAfter == 0 {
			_ = cmd.Process.Kill()
		}
		var n, next uint64
		if _, err := fmt.Fscanln(lines, &n, &next); err != nil {
			break
		}
		if next <= seq {
			t.Errorf("row %d has number %d after %d", n, next, seq)
		}
		seq, acked[n%killRooms] = next, n
	}
	_, _ = io.Copy(io.Discard, stdout)
	_ = cmd.Wait()
	if stderr.Len() > 0 {
		t.Fatalf("the child ended by itself: %s", stderr.String())
	}
	return seq
}

func check(t *testing.T, dir string, async bool, acked *[killRooms]uint64, seq uint64) {
	t.Helper()
	s := open(t, dir, Config{Async: async})
	for room := range uint64(killRooms) {
		n, err := newestIn(s, room)
		if err != nil {
			t.Fatal(err)
		}
		if n < acked[room] {
			t.Errorf("room %d ends at row %d, but %d was committed", room, n, acked[room])
		}
	}
	if err := checkSwept(s); err != nil {
		t.Error(err)
	}
	if _, _, err := s.Load(t.Context(), "doomed"); err != nil {
		t.Error(err)
	}
	if last := add(t, s, "another", "row"); last <= seq {
		t.Errorf("numbers go on from %d after %d", last, seq)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
}
