package admin

const (
	pageLimit    = 100  // entries of a page, unless a request asks for more or fewer
	maxPageLimit = 1000 // entries of the longest page
)

// pageOf reads the parameters limit and offset.
func pageOf(q *query) (offset, limit int) {
	return q.number("offset", 0, 0, 1<<31-1), q.number("limit", pageLimit, 1, maxPageLimit)
}

// cut returns the part of all that is on a page, and the offset of the next; 0 if there is none.
func cut[T any](all []T, offset, limit int) (page []T, next int) {
	offset = min(offset, len(all))
	end := min(offset+limit, len(all))
	if end < len(all) {
		next = end
	}
	return all[offset:end], next
}

// converted returns the results of f for all values. It is never nil, which would be null in JSON.
func converted[A, B any](values []A, f func(A) B) []B {
	results := make([]B, len(values))
	for i, v := range values {
		results[i] = f(v)
	}
	return results
}
