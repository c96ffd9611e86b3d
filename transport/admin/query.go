package admin

import (
	"fmt"
	"net/http"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"

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

// err returns the problem with the parameters, nil if there is none.
func (q *query) err() error {
	for name := range q.values {
		if !slices.Contains(q.known, name) {
			q.wrong(name, "is not known; there are "+strings.Join(q.known, ", "))
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
