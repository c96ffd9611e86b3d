package standin

import "slices"

// Calls returns the calls so far, in the order of their answers.
func (a *API) Calls() []Call {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.calls)
}

// Count returns the number of calls of a route that were answered or cut; empty: of all routes.
func (a *API) Count(route string) (n int) {
	for _, c := range a.Calls() {
		if route == "" || c.Route == route {
			n++
		}
	}
	return n
}

func (a *API) log(q query, route string, status int) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.calls = append(a.calls, Call{route, q.PathValue("id"), status, string(q.body)})
}
