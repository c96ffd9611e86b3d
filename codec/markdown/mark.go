package markdown

import "cmp"

// Mark is a formatting mark of an inline node.
type Mark struct {
	Name  string
	Attrs Attrs
}

// Equal reports whether two marks have the same name and attributes.
func (m Mark) Equal(o Mark) bool { return m.Name == o.Name && equalAttrs(m.Attrs, o.Attrs) }

// equalAttrs compares attributes of marks, which are strings.
func equalAttrs(a, b Attrs) bool {
	return a.str("href") == b.str("href") && a.str("title") == b.str("title")
}

func equalMarks(a, b []Mark) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if !a[i].Equal(b[i]) {
			return false
		}
	}
	return true
}

// rank returns the place of a mark among others.
func rank(name string) int {
	switch name {
	case Link:
		return 0
	case Em:
		return 1
	case Strong:
		return 2
	case Code:
		return 3
	}
	return 4
}

// CompareMarks orders marks as nodes have them.
func CompareMarks(a, b Mark) int {
	return cmp.Or(cmp.Compare(rank(a.Name), rank(b.Name)), cmp.Compare(a.Name, b.Name))
}

// withMark returns marks with m, in order, in the place of a mark of its name. It is new memory.
func withMark(marks []Mark, m Mark) []Mark {
	out := make([]Mark, 0, len(marks)+1)
	for _, o := range marks {
		if rank(o.Name) < rank(m.Name) {
			out = append(out, o)
		}
	}
	out = append(out, m)
	for _, o := range marks {
		if rank(o.Name) > rank(m.Name) {
			out = append(out, o)
		}
	}
	return out
}

// withoutMark returns marks without the one of a name.
func withoutMark(marks []Mark, name string) []Mark {
	if !hasMark(marks, name) {
		return marks
	}
	var out []Mark
	for _, o := range marks {
		if o.Name != name {
			out = append(out, o)
		}
	}
	return out
}

func hasMark(marks []Mark, name string) bool {
	for _, m := range marks {
		if m.Name == name {
			return true
		}
	}
	return false
}

func contains(marks []Mark, m Mark) bool {
	for _, o := range marks {
		if o.Equal(m) {
			return true
		}
	}
	return false
}

// common returns those of marks that are among others.
func common(marks, others []Mark) (kept []Mark) {
	for _, m := range marks {
		if contains(others, m) {
			kept = append(kept, m)
		}
	}
	return kept
}

func linkMark(href, title string) Mark {
	m := Mark{Name: Link, Attrs: Attrs{"href": href}}
	m.Attrs.put("title", title)
	return m
}
