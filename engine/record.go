package engine

import (
	"context"
	"errors"
	"time"

	"github.com/civicpress/civic-realtime/codec/protocol"
	"github.com/civicpress/civic-realtime/engine/events"
	"github.com/civicpress/civic-realtime/engine/recordsync"
	"github.com/civicpress/civic-realtime/engine/roomkey"
)

// newSyncer returns nil if there are no Records.
func newSyncer(e *Engine) *recordsync.Syncer {
	c := e.cfg()
	if c.Records == nil {
		recordsync.ZeroMetrics(e.metrics.set)
		return nil
	}
	var archive recordsync.Archive
	if _, ok := e.store.(Archive); ok {
		archive = recordArchive{e}
	}
	return recordsync.New(recordsync.Config{
		Records: c.Records, Archive: archive, Schema: c.Schema, Claims: c.Claims,
		Timeout: c.RecordTimeout, ArchiveTimeout: c.StoreTimeout, Poll: c.RecordPoll,
		Drafts: c.Drafts, NoSnapshots: c.NoRecordSnapshots,
		Compression: c.Compression, MaxDocument: c.MaxDocument, MaxSteps: c.IntegrationSteps,
		MaxUpdate: c.DocumentBytes,
		Log:       e.log, Metrics: e.metrics.set, Running: &e.running,
		SaveTook: func(room string, began time.Time) { e.logSlow(draftSave, room, began) },
		SaveFailed: func(room string, err error) {
			e.publishFailure(events.FailedDraft, room, err)
		},
	})
}

// Refresh fetches a room's record at once, if the room is loaded, with the credential of a
// peer that may write there.
func (e *Engine) Refresh(ctx context.Context, key roomkey.Key) error {
	r := e.roomMap.find(key)
	if r == nil || r.record == nil {
		return nil
	}
	select {
	case <-r.loaded:
	case <-ctx.Done():
		return ctx.Err()
	}
	return r.record.Refresh(ctx)
}

// beginRecord gives the document its record's text, unless it has one, before a peer joins.
func (r *room) beginRecord(ctx context.Context, identity *Identity) error {
	if r.record == nil {
		return nil
	}
	if err := r.record.Begin(ctx, identity.access()); err != nil {
		return closeForBegin(err)
	}
	if err := r.damaged(); err != nil {
		return unreadable(err)
	}
	return nil
}

// closeForBegin returns the reason for closing a connection whose room cannot begin.
func closeForBegin(err error) error {
	var failure *recordsync.BeginError
	switch {
	case !errors.As(err, &failure):
		return err
	case errors.Is(err, ErrGone):
		return &CloseError{Code: CloseRoomNotFound, Reason: "no such record", Err: failure.Err}
	case errors.Is(err, recordsync.ErrMarkdown):
		return &CloseError{Code: CloseInternal, Reason: "record cannot be read", Err: failure.Err}
	}
	return &CloseError{
		Code: CloseUnavailable, Reason: "record cannot be loaded, try again",
		ErrorCode: protocol.CodeInternal, Err: failure.Err,
	}
}

// access returns the session's access to a record.
func (identity *Identity) access() recordsync.Access {
	return recordsync.Access{
		Credential: identity.Credential, ReadOnly: identity.ReadOnly, Text: identity.Text,
	}
}

// appendNote appends the record's note for a snapshot; mu is held.
func (r *room) appendNote(dst []byte) []byte {
	if r.record == nil {
		return append(dst, r.carries().note...)
	}
	return r.record.AppendNote(dst)
}

// appendShortNote is appendNote for a snapshot that stays in memory.
func (r *room) appendShortNote(dst []byte) []byte {
	if r.record == nil {
		return append(dst, r.carries().note...)
	}
	return r.record.AppendShortNote(dst)
}

func recordsOf(rooms []*room) []*recordsync.Record {
	all := make([]*recordsync.Record, len(rooms))
	for i, r := range rooms {
		all[i] = r.record
	}
	return all
}

// letGo ends the grace period of a room without peers. mu is held.
func (r *room) letGo(now time.Time) {
	if r.state != stateGone && len(r.peers) == 0 {
		r.graceEnd = now
		r.reschedule()
	}
}
