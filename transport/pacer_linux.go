package transport

import (
	"runtime"
	"slices"
	"sync"
	"time"
)

// pacer has those who talk read at the beats of the engine, all in one go, and at none
// before which what they say would only wait. Waking the process costs more than
// reading a message. It belongs to its poller's goroutine.
type pacer struct {
	beater beater
	alone  bool  // nobody else reads
	paced  epoll // who talks
	alarm  timerFD

	scratch  []*fdLink
	listened time.Time // when it was last looked who has fallen silent

	talking *sync.Mutex // a leaf; guards talkers
	talkers []*fdLink   // that are paced, or were
}

// beater is the engine, as far as pacers go by it.
type beater interface {
	UntilBeat(now time.Time) time.Duration
	AllRead(now time.Time)
}

const (
	// talkGap is the longest silence between two messages of one who talks.
	talkGap = time.Second
	// talkEnds is how long one who talks is silent before it does not any more.
	talkEnds = 3 * time.Second
)

func newPacer(b beater, alone bool) pacer {
	return pacer{beater: b, alone: alone, talking: new(sync.Mutex)}
}

// talks has a link that is paced read from the next beat on. Its poller is reading it.
func (p *pacer) talks(l *fdLink) {
	p.talking.Lock()
	defer p.talking.Unlock()
	p.talkers = append(p.talkers, l)
}

// beaten is called when the talkers have been read.
func (p *pacer) beaten() {
	now := time.Now()
	if p.alone {
		p.beater.AllRead(now)
		runtime.Gosched() // what is flushed now tells who need not be read for a while
	}
	if now.Sub(p.listened) >= talkGap {
		p.listen(now)
		p.listened = now
	}
}

// rearm sets the alarm for the next beat in which there is something to do, as there is in the next one if so is said.
func (p *pacer) rearm(next bool) {
	now := time.Now()
	if next {
		p.alarm.set(p.beater.UntilBeat(now))
	} else if wait, some := p.rest(now); some {
		p.alarm.set(wait)
	} else {
		p.alarm.stop()
	}
}

// rest is how long it is until the next beat at which somebody is to be read, if there is anybody.
func (p *pacer) rest(now time.Time) (wait time.Duration, some bool) {
	p.scratch = p.copyTalkers(p.scratch[:0])
	defer clear(p.scratch)
	wait = talkGap
	for _, l := range p.scratch {
		if wait = min(wait, l.mayWait(now)); wait == 0 {
			break
		}
	}
	return wait + p.beater.UntilBeat(now.Add(wait-1)) - 1, len(p.scratch) > 0
}

// listen finds out who has fallen silent.
func (p *pacer) listen(now time.Time) {
	for _, l := range p.copyTalkers(nil) {
		if !l.talksOn(now) {
			p.hushed(l)
		}
	}
}

func (p *pacer) copyTalkers(dst []*fdLink) []*fdLink {
	p.talking.Lock()
	defer p.talking.Unlock()
	return append(dst, p.talkers...)
}

func (p *pacer) hushed(l *fdLink) {
	p.talking.Lock()
	defer p.talking.Unlock()
	if i := slices.Index(p.talkers, l); i >= 0 {
		p.talkers = slices.Delete(p.talkers, i, i+1)
	}
}
