package fuzz

import (
	"flag"
	"testing"
	"time"

	"github.com/civicpress/civic-realtime/fuzz/nodeworker"
)

// patience is the time after which a test fails that waits for an event. It is no bound on speed.
const patience = time.Minute

// worker is one Node process with real Yjs in it.
type worker struct{ *nodeworker.Worker }

// startWorker starts a worker that lives as long as the test.
func startWorker(t testing.TB) *worker {
	t.Helper()
	if err := nodeworker.Check(".", "yjs"); err != nil {
		needs(t, err)
	}
	w, err := nodeworker.New("--max-old-space-size=1024", "worker/main.mjs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return &worker{w}
}

// needs fails a test that lacks something, or skips it where only benchmarks are to run, which do
// not need it.
func needs(t testing.TB, missing error) {
	t.Helper()
	if flag.Lookup("test.bench").Value.String() != "" {
		t.Skip(missing)
	}
	t.Fatal(missing)
}
