package standin

import "maps"

// draftMembers are the members of a request that its draft keeps.
var draftMembers = []string{
	"title", "type", "status", "workflowState", "metadata", "geography",
	"attachedFiles", "linkedRecords", "linkedGeographyFiles",
}

// Put sets the published state of a record. fields may have any members of the API's records, such
// as "metadata".
func (a *API) Put(id, markdown string, fields map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := &entry{fields: defaults("published"), text: markdown, author: "importer"}
	e.created, e.updated = a.now(), a.now()
	maps.Copy(e.fields, fields)
	a.published[id] = e
}

// PutDraft begins or changes a draft, as a user of the UI does.
func (a *API) PutDraft(id, markdown string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.edit(id, "somebody", object{"markdownBody": markdown})
}

// Remove removes a record and its draft.
func (a *API) Remove(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.published, id)
	delete(a.drafts, id)
}

// Publish publishes the draft of a record.
func (a *API) Publish(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.release(id, "published")
}

// Discard deletes the draft of a record.
func (a *API) Discard(id string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.drafts, id)
}

// Draft returns the text of a record's draft.
func (a *API) Draft(id string) (markdown string, ok bool) { return a.text(a.drafts, id) }

// Published returns the published text of a record.
func (a *API) Published(id string) (markdown string, ok bool) { return a.text(a.published, id) }

func (a *API) text(in map[string]*entry, id string) (markdown string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e, ok := in[id]
	if ok {
		markdown = e.text
	}
	return markdown, ok
}

// DraftField returns a field of a record's draft.
func (a *API) DraftField(id, name string) any {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.drafts[id].fields[name]
}

func defaults(status string) object {
	return object{
		"title": "A record", "type": "bylaw", "status": status, "workflowState": "draft",
		"metadata": object{}, "attachedFiles": []any{},
		"linkedRecords": []any{}, "linkedGeographyFiles": []any{},
	}
}

// edit changes a draft, or begins one with the given members only.
func (a *API) edit(id, author string, in object) *entry {
	d := a.drafts[id]
	if d == nil {
		d = &entry{fields: defaults("draft"), created: a.second(), author: author}
		a.drafts[id] = d
	}
	for _, name := range draftMembers {
		if v, ok := in[name]; ok {
			d.fields[name] = v
		}
	}
	if s, ok := in["markdownBody"].(string); ok {
		d.text = s
	}
	d.updated, d.saved = a.second(), a.second()
	return d
}

func (a *API) release(id, status string) *entry {
	d := a.drafts[id]
	delete(a.drafts, id)
	p := &entry{
		fields: d.fields, text: d.text, author: d.author, created: d.created, updated: a.now(),
	}
	p.fields["status"] = status
	a.published[id] = p
	return p
}
