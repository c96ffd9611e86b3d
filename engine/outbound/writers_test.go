package outbound

import (
	"sync"
	"testing"
)

// slow is a client that reads nothing until wait is closed; nil if it reads at once.
type slow struct {
	wait    chan struct{}
	written *sync.WaitGroup
}

func (s slow) WriteQueue(_ *Batch, waits func()) {
	if s.wait != nil {
		waits()
		<-s.wait
	}
	s.written.Done()
}

// TestWritersReplaceThoseThatWait shows that clients that read nothing hold up no others, and that
// no goroutine or memory is left when all is written.
func TestWritersReplaceThoseThatWait(t *testing.T) {
	var w Writers
	var running, quick, stuck sync.WaitGroup
	w.Init(running.Go)
	wait := make(chan struct{})
	const clients = 300
	for i := range clients {
		if i%40 == 1 {
			stuck.Add(1)
			w.Add(slow{wait, &stuck})
		} else {
			quick.Add(1)
			w.Add(slow{nil, &quick})
		}
	}
	quick.Wait()
	close(wait)
	stuck.Wait()
	running.Wait()
	if w.busy != 0 || len(w.line) != 0 || w.next != 0 {
		t.Errorf("%d write to %d when all is written", w.busy, len(w.line))
	}
}
