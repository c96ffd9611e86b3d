package e2e

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestDirectoryDeleted shows that a server whose data directory is deleted, and in whose place
// another one is started, acknowledges nothing more, reports that, and leaves the new server's data
// alone.
func TestDirectoryDeleted(t *testing.T) {
	t.Parallel()
	w := newSite(t, "")
	w.api.Put("by-law-7", "Dogs go on leads.", nil)
	ann := openNode(t, w.editorOptions("by-law-7", "ann", "clerk"))
	jane := newClient(t, "jane")
	jane.openWith(w.server, "by-law-7", args{"version": "json", "params": args{"token": w.api.Login("jane", "clerk")}})
	ann.after("leads.").types(" Cats do not.")
	w.awaitDraft("by-law-7", "Dogs go on leads. Cats do not.")

	if err := os.RemoveAll(w.dir); err != nil {
		t.Fatal(err)
	}
	w.untilMetrics("the store's files are missed", func(m string) bool { return strings.Contains(m, "\nrealtime_store_gone 1\n") })
	if status := w.ready(); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz: %d", status)
	}
	ann.after("not.").types(" Birds may.")
	jane.wait(args{"notice": "Your changes are kept here, but cannot be stored at the moment; others see them when they are"})

	second := startWith(t, freeAddr(t), w.dir, w.flags...)
	w.api.Put("by-law-8", "Fish swim.", nil)
	bob := openNode(t, editorOptions{url: second.url(), room: "by-law-8", token: w.api.Login("bob", "clerk"), name: "bob"})
	bob.after("swim.").types(" They do.")
	w.awaitDraft("by-law-8", "Fish swim. They do.")
	if status := w.ready(); status != http.StatusServiceUnavailable {
		t.Errorf("/readyz of the first: %d", status)
	}
	if code := w.terminate(); code == 0 {
		t.Error("the first ended with code 0")
	}
	bob.after("do.").types(" They always did.")
	w.awaitDraft("by-law-8", "Fish swim. They do. They always did.")
	if code := second.terminate(); code != 0 {
		t.Errorf("the second ended with code %d", code)
	}
}

// ready returns the status of /readyz.
func (s *server) ready() int {
	s.t.Helper()
	resp, err := (&http.Client{Timeout: patience}).Get("http://" + s.addr + "/readyz")
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	return resp.StatusCode
}

// damageRow damages the first row of a room in a file of the store, which is recognized by its key
// and the byte for its kind, and returns how many rows it has found.
func damageRow(b []byte, room string) int {
	for at := 0; ; at++ {
		n := bytes.Index(b[at:], []byte(room))
		if n < 0 {
			return 0
		}
		at += n
		if row := b[at+len(room):]; row[0] >= 1 && row[0] <= 3 {
			row[3], row[4], row[5] = row[3]^0x5A, row[4]^0xA5, row[5]^0x33
			return 1
		}
	}
}

// restartDamaged kills the server, damages a row of a record in its store, and starts it again.
func (w *site) restartDamaged(record string) *server {
	w.t.Helper()
	w.kill()
	damaged := 0
	for _, name := range []string{"rooms.tail", "rooms.db"} {
		path := filepath.Join(w.dir, name)
		b, err := os.ReadFile(path)
		if err != nil {
			w.t.Fatal(err)
		}
		damaged += damageRow(b, "record:"+record)
		if err := os.WriteFile(path, b, 0o600); err != nil {
			w.t.Fatal(err)
		}
	}
	if damaged == 0 {
		w.t.Fatal("there is nothing to damage")
	}
	return startWith(w.t, freeAddr(w.t), w.dir, w.flags...)
}

// TestDamagedRecord shows that a record of which a row was damaged while the server was stopped
// opens with CivicPress' text and a notice, and that the record next to it is unchanged.
func TestDamagedRecord(t *testing.T) {
	t.Parallel()
	w := newSite(t, "")
	for _, record := range []string{"by-law-7", "by-law-8"} {
		w.api.Put(record, "Dogs go on leads.", nil)
		ann := openNode(t, w.editorOptions(record, "ann", "clerk"))
		ann.after("leads.").types(" Zebras.")
		w.awaitDraft(record, "Dogs go on leads. Zebras.")
		ann.after("Zebras.").types(" More.")
		w.awaitDraft(record, "Dogs go on leads. Zebras. More.")
	}
	again := w.restartDamaged("by-law-7")
	for _, record := range []string{"by-law-7", "by-law-8"} {
		jane := newClient(t, "jane")
		jane.openWith(again, record, args{"version": "json", "params": args{"token": w.api.Login("jane", "clerk")}})
		if record == "by-law-7" {
			jane.wait(args{"notice": "The stored text of this session was damaged. What you see is the record as it was last saved: please check it"})
		}
		bob := openNode(t, editorOptions{url: again.url(), room: record, token: w.api.Login("bob", "clerk"), name: "bob"})
		bob.wait(args{"markdown": "Dogs go on leads. Zebras. More."})
	}
	again.untilWritten("damage found in the store")
	if strings.Contains(again.log.String(), "Zebras") {
		t.Error("the log has text of the record")
	}
	again.untilMetrics("one record was quarantined", func(m string) bool {
		return strings.Contains(m, "\nrealtime_rooms_set_aside_total 1\n") && strings.Contains(m, "\nrealtime_damaged_rooms 0\n")
	})
}
