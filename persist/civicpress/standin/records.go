package standin

import (
	"encoding/json"
	"maps"
	"net/http"
	"slices"
)

// view returns an entry as answers have it.
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
		v = d.view(id, object{
			"markdownBody": d.text, "isDraft": true, "last_draft_saved_at": d.saved, "created_by": d.author,
		})
	case p == nil:
		return failure(http.StatusNotFound, "RECORD_NOT_FOUND", "Record not found")
	case edit:
		v = p.view(id, object{"content": p.text, "markdownBody": p.text, "isDraft": false})
	case q.user != nil:
		v = p.view(id, object{
			"content": p.text, "isDraft": false, "hasUnpublishedChanges": editor && d != nil,
		})
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
		e := object{"message": "Malformed JSON", "code": "MALFORMED_JSON"}
		return reply{http.StatusBadRequest, object{"error": e, "timestamp": a.now()}}
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
			return reply{http.StatusInternalServerError, object{"success": false, "statusCode": 500,
				"error": object{
					"message": "Failed to save draft",
					"details": "Permission denied: Cannot create records of type 'bylaw'",
				}}}
		}
	}
	d := a.edit(id, q.user.username, in)
	return success(http.StatusOK, d.view(id, object{
		"markdownBody": d.text, "last_draft_saved_at": d.saved, "created_by": d.author,
	}))
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
