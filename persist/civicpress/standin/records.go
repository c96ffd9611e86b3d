package standin

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// entry is a published record or a draft, in the API's own names, without what
// answers add to it.
type entry struct {
	fields  object
	text    string
	created string
	updated string
	saved   string // drafts only
	author  string
}

// taken are the fields that a draft keeps of what it is sent.
var taken = []string{"title", "type", "status", "workflowState", "metadata", "geography", "attachedFiles", "linkedRecords", "linkedGeographyFiles"}

// Put publishes a record, as if it had always been so. fields may hold whatever the
// API's records do, such as "metadata".
func (a *API) Put(id, markdown string, fields map[string]any) {
	a.mu.Lock()
	defer a.mu.Unlock()
	e := &entry{fields: defaults("published"), text: markdown, created: a.now(), updated: a.now(), author: "importer"}
	maps.Copy(e.fields, fields)
	a.published[id] = e
}

// PutDraft begins or changes a draft, as somebody in the UI does.
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

// Discard throws the draft of a record away.
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
		"metadata": object{}, "attachedFiles": []any{}, "linkedRecords": []any{}, "linkedGeographyFiles": []any{},
	}
}

// edit changes the draft or begins one of what it is given, and nothing else.
func (a *API) edit(id, author string, in object) *entry {
	d := a.drafts[id]
	if d == nil {
		d = &entry{fields: defaults("draft"), created: a.second(), author: author}
		a.drafts[id] = d
	}
	for _, name := range taken {
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
	p := &entry{fields: d.fields, text: d.text, created: d.created, updated: a.now(), author: d.author}
	p.fields["status"] = status
	a.published[id] = p
	return p
}

// view is an entry as answers have it.
func (e *entry) view(id string, more object) object {
	v := object{"id": id, "author": e.author, "created_at": e.created, "updated_at": e.updated}
	maps.Copy(v, e.fields)
	maps.Copy(v, more)
	return v
}

var publicStatuses = []any{"published", "approved", "archived"}

func (a *API) getRecord(q query) reply {
	id, edit := q.PathValue("id"), q.URL.Query().Get("edit") == "true" && q.user != nil
	d, p := a.drafts[id], a.published[id]
	editor := a.can(q.user, "records:edit")
	var v object
	switch {
	case edit && editor && d != nil:
		v = d.view(id, object{"markdownBody": d.text, "isDraft": true, "last_draft_saved_at": d.saved, "created_by": d.author})
	case p == nil:
		return failure(http.StatusNotFound, "RECORD_NOT_FOUND", "Record not found")
	case edit:
		v = p.view(id, object{"content": p.text, "markdownBody": p.text, "isDraft": false})
	case q.user != nil:
		v = p.view(id, object{"content": p.text, "isDraft": false, "hasUnpublishedChanges": editor && d != nil})
	default:
		v = p.view(id, object{"content": p.text, "isDraft": false})
	}
	if !slices.Contains(publicStatuses, v["status"]) && !a.can(q.user, "records:view_unpublished") {
		return failure(http.StatusNotFound, "RECORD_NOT_FOUND", "Record not found")
	}
	return success(http.StatusOK, v)
}

func (a *API) putDraft(q query) reply {
	var in object
	if err := json.Unmarshal(q.body, &in); err != nil {
		return reply{http.StatusBadRequest, object{"error": object{"message": "Malformed JSON", "code": "MALFORMED_JSON"}, "timestamp": a.now()}}
	}
	for _, name := range []string{"metadata", "geography"} {
		if v, ok := in[name]; ok {
			if _, ok := v.(map[string]any); !ok {
				return failure(http.StatusBadRequest, "", "Invalid record data")
			}
		}
	}
	id := q.PathValue("id")
	if a.drafts[id] == nil {
		if in["title"] == nil || in["type"] == nil {
			return failure(http.StatusBadRequest, "API_ERROR", "Title and type are required for new drafts")
		}
		if !a.can(q.user, "records:create") {
			return reply{http.StatusInternalServerError, object{"success": false, "statusCode": 500, "error": object{
				"message": "Failed to save draft", "details": "Permission denied: Cannot create records of type 'bylaw'",
			}}}
		}
	}
	d := a.edit(id, q.user.username, in)
	return success(http.StatusOK, d.view(id, object{"markdownBody": d.text, "last_draft_saved_at": d.saved, "created_by": d.author}))
}

func (a *API) discard(q query) reply {
	id := q.PathValue("id")
	if a.drafts[id] == nil {
		return failure(http.StatusNotFound, "DRAFT_NOT_FOUND", "Draft not found")
	}
	delete(a.drafts, id)
	return success(http.StatusOK, object{"message": "Draft deleted successfully", "id": id})
}

func (a *API) publish(q query) reply {
	id := q.PathValue("id")
	if a.drafts[id] == nil {
		return failure(http.StatusInternalServerError, "", "Failed to publish record")
	}
	in := struct{ Status string }{"published"}
	_ = json.Unmarshal(q.body, &in)
	p := a.release(id, in.Status)
	return success(http.StatusCreated, p.view(id, object{"content": p.text}))
}

type snapshot struct {
	blob      string // base64
	version   json.Number
	timestamp string
}

// Snapshot returns what is kept of a record.
func (a *API) Snapshot(id string) (blob []byte, version string, ok bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	s, ok := a.snapshots[id]
	blob, _ = base64.StdEncoding.DecodeString(s.blob)
	return blob, s.version.String(), ok
}

func (a *API) getSnapshot(q query) reply {
	id := q.PathValue("id")
	s, ok := a.snapshots[id]
	if !ok {
		return failure(http.StatusNotFound, "SNAPSHOT_NOT_FOUND", "Snapshot not found")
	}
	return success(http.StatusOK, object{"recordId": id, "snapshot": s.blob, "timestamp": s.timestamp, "version": s.version})
}

func (a *API) postSnapshot(q query) reply {
	id := q.PathValue("id")
	var in struct {
		Snapshot string
		Version  json.Number
	}
	if err := json.Unmarshal(q.body, &in); err != nil || in.Snapshot == "" {
		return failure(http.StatusBadRequest, "", "Invalid request data")
	}
	if a.published[id] == nil && a.drafts[id] == nil {
		return failure(http.StatusNotFound, "RECORD_NOT_FOUND", "Record not found")
	}
	s := snapshot{in.Snapshot, in.Version, a.now()}
	a.snapshots[id] = s
	return success(http.StatusOK, object{"recordId": id, "timestamp": s.timestamp, "version": s.version})
}
