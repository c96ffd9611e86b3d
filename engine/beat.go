package engine

import "time"

// A busy server works in beats: the transport reads those who talk at every beat, and
// windows end a moment after one. So much is done each time the process wakes, which
// costs as much as reading a message or two, and nothing waits longer for it: what
// is said within a window goes out at its end, however early it is read.

// longestBeat is the time between two beats, unless the window is short.
const longestBeat = 20 * time.Millisecond

// Beat is the time between two beats: a fifth of Config.Window, at most 20 ms.
func (e *Engine) Beat() time.Duration { return min(longestBeat, e.cfg.Window/5) }

// UntilBeat is how long it is until the next beat after now. Beats go by the wall's clock.
func (e *Engine) UntilBeat(now time.Time) time.Duration {
	beat := e.Beat()
	return beat - time.Duration(now.UnixNano())%beat
}
