package authors

import "github.com/civicpress/civic-realtime/codec/steps"

// grown counts n more runs and ranges. If there are too many now, it makes room.
func (t *Map) grown(n int) {
	if t.size += n; t.size > t.max {
		t.shrink(t.max / 4 * 3)
	}
}

// shrink gives the shortest runs and ranges to nobody, until there are at most so many. Each client
// keeps its last run, whose user writes on. If these alone are too many, clients are dropped.
func (t *Map) shrink(most int) {
	before := t.size
	for shorter, left := uint64(2), 1; t.size > most && left > 0; shorter *= 2 {
		t.size, left = 0, 0
		for _, c := range t.all() {
			c.deleted.filter(func(r deleted) bool { return r.end-r.clock >= shorter })
			c.forgetRuns(shorter)
			t.size += c.size()
			left += c.deleted.len + max(0, len(c.runs)-1)
		}
	}
	if t.size > most {
		t.dropClients(most)
	}
	t.dropped += before - t.size
}

// forgetRuns gives the runs of fewer than so many clocks to nobody, but not the last one.
func (c *client) forgetRuns(shorter uint64) {
	steps.Take(len(c.runs))
	kept := c.runs[:0]
	for i, r := range c.runs {
		if i+1 < len(c.runs) && c.runs[i+1].clock-r.clock < shorter {
			r.user = Nobody
		}
		switch n := len(kept); {
		case n == 0 && r.user == Nobody && i+1 < len(c.runs): // as before the first run
		case n > 0 && kept[n-1].user == r.user:
		default:
			kept = append(kept, r)
		}
	}
	c.runs = kept
}

// dropClients drops clients until there are at most so many runs and ranges.
func (t *Map) dropClients(most int) {
	all := t.all()
	t.lost, t.recent, t.few, t.many = true, nil, nil, nil
	for _, c := range all {
		if t.size > most {
			t.size -= c.size()
		} else {
			t.addClient(c)
		}
	}
}
