package ydoc

import (
	"cmp"
	"slices"
)

// resolve merges blocked sections as far as they unblock each other. A section
// that waits for another's structs sends for that one first, so the work
// follows the references and not the number of sections.
func (d *Doc) resolve() {
	slices.SortStableFunc(d.blocked, func(a, b section) int {
		return cmp.Or(cmp.Compare(b.Next.Client, a.Next.Client), cmp.Compare(a.Next.Clock, b.Next.Clock))
	})
	for progress := true; progress; {
		progress = false
		for i := range d.blocked {
			if s := &d.blocked[i]; s.Left > 0 && (!s.stuck || d.ready(s)) {
				progress = d.follow(i) || progress
			}
		}
	}
}

// follow runs section first and those it waits for, and says whether any went forward.
func (d *Doc) follow(first int) (progress bool) {
	d.enter(first)
	for len(d.stack) > 0 {
		i := d.stack[len(d.stack)-1]
		s := &d.blocked[i]
		if d.ready(s) {
			progress = true
			s.stuck = false
			if s.need, _ = d.advance(&s.Structs); s.Left == 0 {
				d.leave()
				continue
			}
			s.next = d.current.Last()
		}
		if next, ok := d.waitsFor(s); ok {
			d.enter(next)
		} else {
			s.stuck = true
			d.leave()
		}
	}
	return progress
}

// ready says whether a section can go on: what it waits for has come, or what waits.
func (d *Doc) ready(s *section) bool { return d.knows(s.need) || d.knows(s.next) }

// waitsFor finds the section that may bring what s needs.
func (d *Doc) waitsFor(s *section) (int, bool) {
	i, _ := slices.BinarySearchFunc(d.blocked, s.need.Client, func(s section, client uint64) int {
		return cmp.Compare(client, s.Next.Client)
	})
	for ; i < len(d.blocked) && d.blocked[i].Next.Client == s.need.Client; i++ {
		if o := &d.blocked[i]; o.Left > 0 && !o.onStack && (!o.stuck || d.ready(o)) {
			return i, true
		}
	}
	return 0, false
}

func (d *Doc) enter(i int) {
	d.blocked[i].onStack = true
	d.stack = append(d.stack, i)
}

func (d *Doc) leave() {
	top := len(d.stack) - 1
	d.blocked[d.stack[top]].onStack = false
	d.stack = d.stack[:top]
}
