package admin

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"github.com/civicpress/civic-realtime/engine/roomkey"
	"github.com/civicpress/civic-realtime/transport/admin/api"
)

// kindName names a kind of JSON value.
func kindName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "an array"
	case reflect.Map, reflect.Struct:
		return "an object"
	}
	return "a number"
}

// query reads the parameters of a request, and collects what is wrong with them.
type query struct {
	values url.Values
	known  []string
	errs   []api.FieldError
}

func newQuery(r *http.Request) *query { return &query{values: r.URL.Query()} }

func (q *query) wrong(name, detail string) {
	q.errs = append(q.errs, api.FieldError{Field: name, Detail: detail})
}

// text returns the value of a parameter, "" if it is absent.
func (q *query) text(name string) string {
	q.known = append(q.known, name)
	if len(q.values[name]) > 1 {
		q.wrong(name, "is there more than once")
	}
	return q.values.Get(name)
}

// word returns a parameter that is one of some words, the first of which is the default.
func (q *query) word(name string, words ...string) string {
	v := q.text(name)
	if v == "" {
		return words[0]
	}
	if !slices.Contains(words, v) {
		q.wrong(name, "must be one of "+strings.Join(words, ", "))
	}
	return v
}

// number returns a parameter that is a whole number from least to most.
func (q *query) number(name string, otherwise, least, most int) int {
	v := q.text(name)
	if v == "" {
		return otherwise
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		q.wrong(name, fmt.Sprintf("must be a whole number from %d to %d", least, most))
	}
	return n
}

// id returns a parameter that is the id of a connection, 0 if it is absent.
func (q *query) id(name string) uint64 {
	v := q.text(name)
	id, err := strconv.ParseUint(v, 10, 64)
	if v != "" && err != nil {
		q.wrong(name, "must be the id of a connection")
	}
	return id
}

// room returns a parameter that is the name of a room, the zero Key if it is absent.
func (q *query) room(name string) roomkey.Key {
	v := q.text(name)
	key, err := roomkey.Parse(v)
	if v != "" && err != nil {
		q.wrong(name, "must be the name of a room, such as record:by-law-7")
	}
	return key
}

// address returns a parameter that is an IP address, or a range of them.
func (q *query) address(name string) netip.Prefix {
	v := q.text(name)
	if a, err := netip.ParseAddr(v); err == nil {
		return netip.PrefixFrom(a, a.BitLen())
	}
	p, err := netip.ParsePrefix(v)
	if v != "" && err != nil {
		q.wrong(name, "must be an address such as 10.0.0.1, or a range such as 10.0.0.0/8")
	}
	return p.Masked()
}

// known says which parameters there are.
func known(names []string) string {
	if len(names) == 0 {
		return "there are none here"
	}
	return "there are " + strings.Join(names, ", ")
}

// err returns the problem with the parameters, nil if there is none.
func (q *query) err() error {
	for name := range q.values {
		if !slices.Contains(q.known, name) {
			q.wrong(name, "is not known; "+known(q.known))
		}
	}
	if len(q.errs) == 0 {
		return nil
	}
	slices.SortFunc(q.errs, func(a, b api.FieldError) int {
		return strings.Compare(a.Field, b.Field)
	})
	return invalid(q.errs...)
}

const (
	pageLimit    = 100  // entries of a page, unless a request asks for more or fewer
	maxPageLimit = 1000 // entries of the longest page
)

// nodeCall is the key of the context of a call of another node.
type nodeCall struct{}

// ofNode reports whether another node has sent the request, which is then answered here.
func ofNode(r *http.Request) bool { return r.Context().Value(nodeCall{}) != nil }

// maxOffset is the greatest offset.
const maxOffset = 1<<31 - 1 - maxPageLimit

// pageOf reads the parameters limit and offset. Another node asks for all pages up to the one that
// it wants.
func pageOf(q *query, r *http.Request) (offset, limit int) {
	most := maxPageLimit
	if ofNode(r) {
		most = maxOffset + maxPageLimit
	}
	return q.number("offset", 0, 0, maxOffset), q.number("limit", pageLimit, 1, most)
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
