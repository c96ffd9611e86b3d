package clustertest_test

import (
	"context"
	"errors"

	"github.com/civicpress/civic-realtime/engine/cluster"
	"github.com/civicpress/civic-realtime/engine/cluster/clustertest"
)

// faulty returns what a process has of Redis, without the rule that is taken away.
func (w *world) faulty(l link) link {
	switch w.without {
	case "late":
		return withoutLate{l}
	case "outbox":
		return withoutOutbox{l}
	}
	return l
}

// withoutLate offers no late updates.
type withoutLate struct{ link }

func (withoutLate) OfferLate(context.Context, []cluster.Late) error { return nil }

// withoutOutbox forgets rows that cannot be sent.
type withoutOutbox struct{ link }

func (l withoutOutbox) Append(ctx context.Context, rows []cluster.FencedRow) error {
	err := l.link.Append(ctx, rows)
	if errors.Is(err, clustertest.ErrUnreachable) {
		return nil
	}
	return err
}

// faultyHolder returns what has the rooms of a process, without the rule that is taken away.
func (w *world) faultyHolder(h cluster.Holder) cluster.Holder {
	if w.without == "put back" {
		return withoutPutBack{h}
	}
	return h
}

// withoutPutBack puts nothing back.
type withoutPutBack struct{ cluster.Holder }

func (withoutPutBack) PutBack(context.Context, []cluster.Change) error { return nil }
