// Package table prints the tables of the benchmarks: a line for each bound with the figure, the
// bound, and "ok" or "short".
package table

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// Row is a line of a table.
type Row struct {
	What, Figure, Bound string
	OK                  bool
}

// New makes a Row. Bound is "-" for a figure without one.
func New(what, figure, bound string, ok bool) Row { return Row{what, figure, bound, ok} }

// Most makes a Row of which the value must be at most the limit.
func Most(what, figure, bound string, value, limit float64) Row {
	return Row{what, figure, "≤ " + bound, value <= limit}
}

// String implements fmt.Stringer.
func (r Row) String() string {
	result := "short"
	if r.OK {
		result = "ok"
	}
	return fmt.Sprintf("%-52s %-86s %-36s %s", r.What, r.Figure, r.Bound, result)
}

// Section is a part of a table, which a B measures.
type Section[B any] struct {
	Name    string
	Measure func(B, context.Context) ([]Row, error)
}

// Names returns the names of sections, separated by commas.
func Names[B any](sections []Section[B]) string {
	var names []string
	for _, s := range sections {
		names = append(names, s.Name)
	}
	return strings.Join(names, ",")
}

// Print measures the sections whose names are in only, which are separated by commas, or all if it
// is empty. It prints the rows of each, also of one that fails, and returns the first error.
func Print[B any](ctx context.Context, b B, sections []Section[B], only string) error {
	for _, s := range sections {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.Name) {
			continue
		}
		rows, err := s.Measure(b, ctx)
		for _, r := range rows {
			fmt.Println(r)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", s.Name, err)
		}
	}
	return ctx.Err()
}
