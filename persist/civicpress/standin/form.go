package standin

import "strings"

// SaveForm saves a record like the form of CivicPress' UI when a field of it loses the focus: all
// fields of the draft, or of the published record, and a text that is the editor's Markdown below
// the title as a heading. In collaborative mode that Markdown begins with the title already, so the
// saved text has it twice.
func (a *API) SaveForm(id, markdown string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.drafts[id]
	if e == nil {
		e = a.published[id]
	}
	in := object{}
	for _, name := range draftMembers {
		if v, ok := e.fields[name]; ok {
			in[name] = v
		}
	}
	title, _ := e.fields["title"].(string)
	in["markdownBody"] = underTitle(title, markdown)
	a.edit(id, "somebody", in)
}

// OpenForm returns the text that the form's editor shows of a record in single-user mode: the
// draft's, or the published one, without its first heading and the blank lines below that.
func (a *API) OpenForm(id string) (markdown string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := a.drafts[id]
	if e == nil {
		e = a.published[id]
	}
	first, rest, _ := strings.Cut(e.text, "\n")
	if !strings.HasPrefix(strings.TrimSpace(first), "# ") {
		return e.text
	}
	for {
		line, after, more := strings.Cut(rest, "\n")
		if strings.TrimSpace(line) != "" {
			return rest
		}
		if rest = after; !more {
			return ""
		}
	}
}

func underTitle(title, markdown string) string {
	heading := "# " + title
	if strings.TrimSpace(markdown) == "" {
		return heading
	}
	return heading + "\n\n" + markdown
}
