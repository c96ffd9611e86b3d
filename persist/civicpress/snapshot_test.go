package civicpress

import (
	"bytes"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/persist/civicpress/standin"
)

func TestSnapshots(t *testing.T) {
	withAPI(t, Config{}, standin.Options{Snapshots: true}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		_, err := w.LoadSnapshot(t.Context(), w.ann, "r")
		w.mustFail(err, ErrNoSnapshot)
		for version, blob := range map[uint64][]byte{1: {0}, 1<<53 - 1: bytes.Repeat([]byte{0xfe, 0xff}, 1<<20)} {
			w.must(w.SaveSnapshot(t.Context(), w.ann, "r", blob, version))
			s, err := w.LoadSnapshot(t.Context(), w.ann, "r")
			if err != nil || !bytes.Equal(s.Blob, blob) || s.Version != version ||
				!s.Saved.Equal(time.Now()) {
				t.Errorf("%d bytes, version %d, %v, %v", len(s.Blob), s.Version, s.Saved, err)
			}
		}
		w.mustFail(w.SaveSnapshot(t.Context(), w.ann, "s", []byte("blob"), 1), ErrNotFound)
		w.mustFail(w.SaveSnapshot(t.Context(), w.ann, "r", make([]byte, 8<<20), 1), ErrTooLarge)
		viewer := w.api.Login("bob", "public")
		w.mustFail(w.SaveSnapshot(t.Context(), viewer, "r", []byte("blob"), 1), ErrForbidden)
	})
}

// TestSnapshotsUnsupported shows that the API as shipped is asked once, and again much later.
func TestSnapshotsUnsupported(t *testing.T) {
	withAPI(t, Config{}, standin.Options{}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		for range 3 {
			_, err := w.LoadSnapshot(t.Context(), w.ann, "r")
			w.mustFail(err, ErrUnsupported)
			w.mustFail(w.SaveSnapshot(t.Context(), w.ann, "s", []byte("blob"), 1), ErrUnsupported)
		}
		w.mustCount("", 1)
		w.mustLoadRecord(w.ann, "r") // goes on
		time.Sleep(30 * time.Minute)
		w.mustFail(w.SaveSnapshot(t.Context(), w.ann, "r", []byte("blob"), 1), ErrUnsupported)
		w.mustCount("", 3)
	})
}

// TestSnapshotsSupportedLater shows that an upgraded API is noticed.
func TestSnapshotsSupportedLater(t *testing.T) {
	withAPI(t, Config{}, standin.Options{Snapshots: true}, func(t *testing.T, w *fixture) {
		w.api.Put("r", "text", nil)
		w.api.Fail(standin.Fault{NoRoute: true, Times: 1})
		w.mustFail(w.SaveSnapshot(t.Context(), w.ann, "r", []byte("blob"), 1), ErrUnsupported)
		time.Sleep(30 * time.Minute)
		w.must(w.SaveSnapshot(t.Context(), w.ann, "r", []byte("blob"), 1))
		if blob, version, _ := w.api.Snapshot("r"); string(blob) != "blob" || version != "1" {
			t.Errorf("%q, %s", blob, version)
		}
	})
}

func TestMalformedSnapshotAnswers(t *testing.T) {
	for name, data := range map[string]string{
		"no snapshot":      `{"version":1}`,
		"null snapshot":    `{"snapshot":null,"version":1}`,
		"not base64":       `{"snapshot":"*","version":1}`,
		"no version":       `{"snapshot":"YQ=="}`,
		"negative version": `{"snapshot":"YQ==","version":-1}`,
		"half a version":   `{"snapshot":"YQ==","version":1.5}`,
		"a list":           `[]`,
	} {
		t.Run(name, func(t *testing.T) {
			withAPI(t, Config{}, standin.Options{Snapshots: true}, func(t *testing.T, w *fixture) {
				w.api.Fail(standin.Fault{Body: `{"success":true,"data":` + data + `}`})
				_, err := w.LoadSnapshot(t.Context(), w.ann, "r")
				w.mustFail(err, ErrAnswer)
			})
		})
	}
}
