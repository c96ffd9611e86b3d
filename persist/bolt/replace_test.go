package bolt

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

// TestReplace shows that a snapshot becomes all that is stored of a room, with and without a
// snapshot, rows and versions before, that other rooms stay, and that it is so after a crash.
func TestReplace(t *testing.T) {
	for name, fill := range map[string]func(s *Store){
		"nothing": func(*Store) {},
		"rows":    func(s *Store) { add(t, s, "r", "a", "b") },
		"all": func(s *Store) {
			add(t, s, "r", "a")
			save(t, s, "r", "content", 0)
			mustKeep(t, s, "r", persist.Version{Why: "why"}, persist.Version{Name: "named"})
			add(t, s, "r", "b")
		},
		"versions": func(s *Store) { mustKeep(t, s, "r", persist.Version{Name: "named"}) },
		"a room that expires": func(s *Store) {
			add(t, s, "r", "a")
			if err := s.Expire(t.Context(), "r", time.Unix(1, 0)); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			s := open(t, dir, never)
			add(t, s, "other", "row")
			mustKeep(t, s, "other", persist.Version{Name: "named"})
			fill(s)
			if err := s.Replace(t.Context(), "r", []byte("gone")); err != nil {
				t.Fatal(err)
			}
			mustBeGone(t, s, "r")
			if n, err := s.DropExpired(t.Context(), time.Unix(2, 0)); n != 0 || err != nil {
				t.Errorf("%d rooms expire, %v", n, err)
			}
			copied := crash(t, dir)
			if totals, found := checked(t, copied); slices.ContainsFunc(found, isHarmful) || totals.Versions != 1 || totals.Rooms != 2 {
				t.Errorf("%+v, %+v", totals, found)
			}
			again := open(t, copied, never)
			mustBeGone(t, again, "r")
			if _, rows, err := again.Load(t.Context(), "other"); len(rows) != 1 || err != nil {
				t.Errorf("the other room has %d rows, %v", len(rows), err)
			}
			add(t, again, "r", "new")
			mustKeep(t, again, "r", persist.Version{Name: "new"})
		})
	}
}

func isHarmful(f Finding) bool { return !f.Harmless }

func mustKeep(t *testing.T, s *Store, room string, versions ...persist.Version) {
	t.Helper()
	for _, v := range versions {
		if _, err := s.KeepVersion(t.Context(), room, v, []byte("a version")); err != nil {
			t.Fatal(err)
		}
	}
}

// mustBeGone checks that a room was replaced, and has nothing else.
func mustBeGone(t *testing.T, s *Store, room string) {
	t.Helper()
	snapshot, rows, err := s.Load(t.Context(), room)
	versions, listErr := s.Versions(t.Context(), room)
	if err = errors.Join(err, listErr); err != nil || string(snapshot) != "gone" || len(rows)+len(versions) > 0 {
		t.Errorf("%s: %q, %d rows, %d versions, %v", room, snapshot, len(rows), len(versions), err)
	}
}

const (
	replaceEnv   = "BOLT_TEST_REPLACE" // the directory; the test binary is then the process to kill
	keptVersions = 40
)

func init() {
	if dir := os.Getenv(replaceEnv); dir != "" {
		fmt.Fprintln(os.Stderr, replaceRooms(dir))
		os.Exit(1)
	}
}

// replaceRooms fills room after room, prints its name, and replaces it; and goes on until the
// process is killed.
func replaceRooms(dir string) error {
	s, err := Open(dir, Config{})
	if err != nil {
		return err
	}
	rooms, err := s.Rooms(context.Background())
	for n := len(rooms); err == nil; n++ {
		room := fmt.Sprint("room", n)
		if err = fillRoom(s, room); err == nil {
			fmt.Println(room)
			err = s.Replace(context.Background(), room, []byte("gone"))
		}
	}
	return err
}

func fillRoom(s *Store, room string) error {
	ctx := context.Background()
	rows := []persist.Row{{Room: room, Data: []byte("a")}}
	err := errors.Join(s.Append(ctx, rows), rows[0].Err)
	err = errors.Join(err, s.SaveSnapshot(ctx, room, []byte(bigSnapshot), rows[0].Seq))
	for i := range keptVersions {
		_, keepErr := s.KeepVersion(ctx, room, persist.Version{Name: fmt.Sprint(i)}, []byte(bigSnapshot))
		err = errors.Join(err, keepErr)
	}
	rows = []persist.Row{{Room: room, Data: []byte("b")}}
	return errors.Join(err, s.Append(ctx, rows), rows[0].Err)
}

// TestKilledReplace kills a process at random moments while it replaces rooms, and shows that each
// room is whole, with its versions, or replaced without any, and nothing in between.
func TestKilledReplace(t *testing.T) {
	dir, outcomes := t.TempDir(), map[string]int{}
	for range 25 {
		last := killWhileItReplaces(t, dir)
		s := open(t, dir, Config{})
		snapshot, rows, err := s.Load(t.Context(), last)
		if err != nil {
			t.Fatal(err)
		}
		if versions, err := s.Versions(t.Context(), last); string(snapshot) == bigSnapshot {
			if outcomes["whole"]++; len(rows) != 1 || len(versions) != keptVersions || err != nil {
				t.Errorf("%s has %d rows, %d versions, %v", last, len(rows), len(versions), err)
			}
		} else {
			outcomes["replaced"]++
			mustBeGone(t, s, last)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	t.Log(outcomes)
}

// killWhileItReplaces runs a process that replaces rooms, kills it, and returns the last room that
// was filled.
func killWhileItReplaces(t *testing.T, dir string) (last string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), replaceEnv+"="+dir)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	stdout, err := cmd.StdoutPipe()
	if err = errors.Join(err, cmd.Start()); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(stdout)
	last, err = lines.ReadString('\n')
	if err != nil {
		t.Fatalf("%v: %s", err, stderr.String())
	}
	for until := time.Now().Add(rand.N(4 * time.Millisecond)); time.Now().Before(until); {
	}
	_ = cmd.Process.Kill()
	rest, _ := io.ReadAll(lines)
	_ = cmd.Wait()
	if stderr.Len() > 0 {
		t.Fatalf("the child ended by itself: %s", stderr.String())
	}
	all := strings.Fields(last + string(rest))
	return all[len(all)-1]
}
