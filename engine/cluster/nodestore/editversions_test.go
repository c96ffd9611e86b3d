package nodestore

import (
	"errors"
	"testing"
	"time"
)

// TestEditVersions shows that versions in Redis are renamed and deleted by any node, and those on a
// disk by its node.
func TestEditVersions(t *testing.T) {
	w := newWorld(t)
	a, b := w.start(""), w.start("")
	a.open("r")
	a.write("r", a0)
	for range 2 { // the first becomes an automatic version on the disk
		a.snapshot("r")
	}
	a.run()
	shared, err := b.KeepVersion(t.Context(), "r", Version{Name: "one", By: "ann"}, []byte("kept"))
	if err != nil {
		t.Fatal(err)
	}
	if err := a.RenameVersion(t.Context(), "r", shared, "two"); err != nil {
		t.Error(err)
	}
	if err := a.RenameVersion(t.Context(), "r", 1, "local"); err != nil {
		t.Error(err)
	}
	all, err := a.Versions(t.Context(), "r")
	if err != nil || len(all) != 2 || all[0].Name != "local" || all[1].Name != "two" || all[1].By != "ann" {
		t.Errorf("%+v, %v", all, err)
	}
	for _, err := range []error{
		b.RenameVersion(t.Context(), "r", 1, "x"), b.DeleteVersion(t.Context(), "r", 1),
		b.DeleteVersion(t.Context(), "r", shared+1),
	} {
		if !errors.As(err, new(interface{ NoVersion() })) {
			t.Errorf("one that this node does not have: %v", err)
		}
	}
	for _, err := range []error{
		b.DeleteVersion(t.Context(), "r", shared), a.DeleteVersion(t.Context(), "r", 1),
	} {
		if err != nil {
			t.Error(err)
		}
	}
	if all, err := a.Versions(t.Context(), "r"); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
	w.mustHave("the room", w.inRedis(a, "r"), a0)
}

// TestDeleteCopy shows that a version of which the disk has a copy is not listed again as that.
func TestDeleteCopy(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	if err := a.keep(t.Context(), "r", []byte("one")); err != nil {
		t.Fatal(err)
	}
	all, err := a.Versions(t.Context(), "r")
	if err != nil || len(all) != 1 {
		t.Fatalf("%+v, %v", all, err)
	}
	if err := a.DeleteVersion(t.Context(), "r", all[0].ID); err != nil {
		t.Error(err)
	}
	if all, err := a.Versions(t.Context(), "r"); err != nil || len(all) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

// TestDropVersionsWithoutRedis shows that old versions on the disk go while Redis is away.
func TestDropVersionsWithoutRedis(t *testing.T) {
	w := newWorld(t)
	a := w.start("")
	if err := a.keep(t.Context(), "r", []byte("one")); err != nil {
		t.Fatal(err)
	}
	w.redis.Stop()
	if _, err := a.c.Archive.Versions(t.Context(), "r"); err == nil {
		t.Fatal("Redis answers")
	}
	if n, err := a.DropVersions(t.Context(), time.Now()); n != 0 || err != nil {
		t.Errorf("%d versions, %v", n, err)
	}
}
