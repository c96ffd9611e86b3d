package storetest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/civicpress/civic-realtime/persist"
)

var decisions = []testcase{
	{name: "there are no decisions", run: func(h *harness) { h.wantDecisions() }},
	{name: "decisions are kept, replaced and dropped", run: changes},
	{name: "decisions after reopening", durable: true, run: func(h *harness) {
		lock, ban := decision("lock", "r", 0), decision("ban", "ann", time.Hour)
		h.change([]persist.Decision{lock, ban, decision("lock", "s", 0)}, nil)
		h.change(nil, []persist.Decision{decision("lock", "s", 0)})
		h.reopen()
		h.wantDecisions(lock, ban)
		h.change(nil, []persist.Decision{lock, ban})
		h.reopen()
		h.wantDecisions()
		if found := h.store.Damage(); len(found) > 0 {
			h.Errorf("damage: %v", found)
		}
	}},
	{name: "decisions outlive their rooms", durable: true, run: func(h *harness) {
		h.fill("r")
		lock := decision("lock", "r", 0)
		h.change([]persist.Decision{lock}, nil)
		if err := h.store.Quarantine(h.Context(), "r"); err != nil {
			h.Fatal(err)
		}
		h.expire("r", 0)
		h.drop(time.Hour, 1)
		h.reopen()
		h.wantDecisions(lock)
		h.wantGone("r")
	}},
	{name: "malformed decisions are refused", run: badDecisions},
	{name: "many decisions", run: manyDecisions},
}

// decision returns a decision with all fields, which ends a time after the test began; zero: never.
func decision(kind, subject string, ends time.Duration) persist.Decision {
	d := persist.Decision{
		Kind: kind, Subject: subject, By: "an administrator", Reason: "for récords", Made: after(0),
	}
	if ends != 0 {
		d.Until = after(ends)
	}
	return d
}

func changes(h *harness) {
	lock, ban := decision("lock", "r", 0), decision("ban", "r", time.Hour)
	h.change([]persist.Decision{lock, ban}, nil)
	h.wantDecisions(lock, ban)
	longer := decision("ban", "r", 2*time.Hour)
	longer.Reason, longer.By = "", ""
	h.change([]persist.Decision{longer}, nil)
	h.wantDecisions(lock, longer)
	h.change([]persist.Decision{ban}, []persist.Decision{
		{Kind: "lock", Subject: "r"}, {Kind: "lock", Subject: "missing"}, {Kind: "ban", Subject: "r"},
	})
	h.wantDecisions(ban)
}

func badDecisions(h *harness) {
	long := strings.Repeat("x", persist.MaxDecisionText+1)
	for _, d := range []persist.Decision{
		{Subject: "r"},
		{Kind: strings.Repeat("k", persist.MaxKind+1), Subject: "r"},
		{Kind: "a\x00b", Subject: "r"},
		{Kind: "lock"},
		{Kind: "lock", Subject: strings.Repeat("s", persist.MaxSubject+1)},
		{Kind: "lock", Subject: "r", By: long},
		{Kind: "lock", Subject: "r", Reason: long},
	} {
		good := decision("lock", "good", 0)
		err := h.store.ChangeDecisions(h.Context(), []persist.Decision{good, d}, nil)
		if !errors.Is(err, persist.ErrDecision) {
			h.Errorf("%.80v: %v", d, err)
		}
	}
	missing := []persist.Decision{{Kind: "lock"}}
	err := h.store.ChangeDecisions(h.Context(), nil, missing)
	if !errors.Is(err, persist.ErrDecision) {
		h.Errorf("dropping what cannot be there: %v", err)
	}
	h.wantDecisions()
	longest := decision(strings.Repeat("k", persist.MaxKind), strings.Repeat("s", persist.MaxSubject), 0)
	longest.By, longest.Reason = long[1:], "\x00"+long[2:]
	h.change([]persist.Decision{longest}, nil)
	h.wantDecisions(longest)
}

func manyDecisions(h *harness) {
	var all []persist.Decision
	for i := range 3000 {
		all = append(all, decision("ban", fmt.Sprint("user ", i), time.Hour))
	}
	h.change(all, nil)
	h.change(nil, all[1000:])
	h.wantDecisions(all[:1000]...)
}

func (h *harness) change(put, drop []persist.Decision) {
	h.Helper()
	if err := h.store.ChangeDecisions(h.Context(), put, drop); err != nil {
		h.Fatalf("ChangeDecisions: %v", err)
	}
}

func (h *harness) wantDecisions(want ...persist.Decision) {
	h.Helper()
	got, err := h.store.LoadDecisions(h.Context())
	if err != nil {
		h.Fatalf("LoadDecisions: %v", err)
	}
	order := func(a, b persist.Decision) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Subject, b.Subject))
	}
	slices.SortFunc(got, order)
	slices.SortFunc(want, order)
	equal := func(a, b persist.Decision) bool {
		times := a.Made.Equal(b.Made) && a.Until.Equal(b.Until)
		a.Made, a.Until = b.Made, b.Until
		return times && a == b
	}
	if !slices.EqualFunc(got, want, equal) {
		h.Errorf("decisions %.2000v, want %.2000v", got, want)
	}
}
