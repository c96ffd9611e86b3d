package fuzz

import "slices"

// shrink looks for a smaller scenario that breaks the same rule: fewer updates, then less in each.
func shrink(w *worker, s scenario, f *failure) (scenario, *failure) {
	k := &shrinker{worker: w, scenario: s, failure: f, left: 2000}
	k.try(s.Updates[:f.Step+1])
	k.compareLater()
	for again := true; again; {
		again = k.fewer()
		again = k.simpler() || again
		again = k.joined() || again
	}
	return k.scenario, k.failure
}

type shrinker struct {
	worker *worker
	scenario
	failure *failure
	left    int // attempts
}

// try keeps updates if they break the same rule.
func (k *shrinker) try(updates [][]byte) bool {
	s := k.scenario
	s.Updates = updates
	return k.trial(s)
}

func (k *shrinker) trial(s scenario) bool {
	if k.left == 0 || len(s.Updates) == 0 {
		return false
	}
	k.left--
	f := asFailure(run(k.worker, s))
	if f == nil || f.Rule != k.failure.Rule {
		return false
	}
	k.scenario, k.failure = s, f
	return true
}

// compareLater finds the first update after which the scenario fails, and stops comparing before
// that one.
func (k *shrinker) compareLater() {
	s := k.scenario
	s.Batch, s.Every = 1, 1
	if !k.trial(s) {
		return
	}
	k.try(k.Updates[:k.failure.Step+1])
	s = k.scenario
	s.Every = len(s.Updates)
	k.trial(s)
}

// fewer drops runs of updates, long ones first.
func (k *shrinker) fewer() (did bool) {
	for n := len(k.Updates) / 2; n > 0; n /= 2 {
		for i := len(k.Updates) - n; i >= 0; i -= n {
			if i+n <= len(k.Updates) && k.try(slices.Delete(slices.Clone(k.Updates), i, i+n)) {
				did = true
			}
		}
	}
	return did
}

// simpler replaces updates by others with less content.
func (k *shrinker) simpler() (did bool) {
	for i := range k.Updates {
		for k.simplerAt(i) {
			did = true
		}
	}
	return did
}

func (k *shrinker) simplerAt(i int) bool {
	request := map[string]any{"op": "simplify"}
	variants, err := k.worker.Call(request, k.Updates[i:i+1], new(struct{}))
	if err != nil {
		return false
	}
	for _, v := range variants {
		updates := slices.Clone(k.Updates)
		updates[i] = v
		if k.try(updates) {
			return true
		}
	}
	return false
}

// joined merges two updates in a row into one.
func (k *shrinker) joined() (did bool) {
	for i := len(k.Updates) - 2; i >= 0; i-- {
		request := map[string]any{"op": "merge"}
		merged, err := k.worker.Call(request, k.Updates[i:i+2], new(struct{}))
		if err == nil && k.try(slices.Concat(k.Updates[:i], merged, k.Updates[i+2:])) {
			did = true
		}
	}
	return did
}
