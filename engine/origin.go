package engine

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/civicpress/civic-realtime/codec"
	"github.com/civicpress/civic-realtime/codec/markdown"
)

// originate has the room begin with its record's text, before who is greeted. Of
// those who come at once the first does it. An editor comes into no room that may
// lack a draft.
func (r *room) originate(ctx context.Context, who *Identity) error {
	if !r.wantsText(who) {
		return nil
	}
	if err := r.work.begin(ctx, nil); err != nil {
		return err
	}
	defer r.work.end()
	if !r.wantsText(who) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, r.e.cfg.RecordTimeout)
	defer cancel()
	text, err := r.textFor(ctx, who)
	switch {
	case text == nil && err == nil:
		if err := r.damaged(); err != nil {
			return unreadable(err)
		}
		return nil
	case err == nil:
		if err = r.setAside(ctx); err != nil {
			break
		}
		err = r.beginWith(ctx, who, *text)
	}
	return r.noBeginning(err)
}

func (r *room) wantsText(who *Identity) bool {
	if r.e.cfg.Records == nil {
		return false
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	b := r.record.base
	return !r.gone && (!b.known() || b.gone || !b.whole && !who.ReadOnly)
}

// textFor is the record as who is shown it: nil if there is no knowing.
func (r *room) textFor(ctx context.Context, who *Identity) (*Text, error) {
	if who.Text != nil {
		return who.Text, nil
	}
	text, err := r.e.cfg.Records.Fetch(ctx, r.name, who.Credential)
	if errors.Is(err, ErrCredential) || errors.Is(err, ErrNoRecord) && !errors.Is(err, ErrGone) {
		return nil, nil
	}
	return &text, err
}

// noBeginning says why nobody is let in: what they would write on an empty page would
// be saved in the place of the text that they do not see.
func (r *room) noBeginning(err error) error {
	var closing *CloseError
	switch {
	case err == nil || errors.As(err, &closing):
		return err
	case errors.Is(err, ErrGone):
		closing = &CloseError{Code: CloseRoomNotFound, Reason: "no such record", Err: err}
	case errors.Is(err, ErrMarkdown):
		closing = &CloseError{Code: CloseInternal, Reason: "record cannot be read", Err: err}
	default:
		closing = &CloseError{Code: CloseUnavailable, Reason: "record cannot be loaded, try again", ErrorCode: codec.CodeInternal, Err: err}
	}
	r.e.metrics.originFailures.Inc()
	r.e.log.Warn("room cannot begin", slog.String("room", r.name), slog.String("reason", err.Error()))
	return closing
}

// beginWith begins an empty room with a snapshot that was kept beside the record, or
// with the text. A document that is there is compared with the text.
func (r *room) beginWith(ctx context.Context, who *Identity, text Text) error {
	r.preparing.Add(1)
	defer r.preparing.Add(-1)
	p, ok := r.page()
	if !ok {
		return nil
	}
	if p.version > 0 {
		if err := r.consider(ctx, text); !errors.Is(err, ErrMarkdown) {
			return err
		}
		return nil // people can edit what cannot be compared
	}
	if !who.ReadOnly && !r.e.cfg.NoRecordSnapshots && r.resume(ctx, who, text) {
		return nil
	}
	return r.seed(&p, text)
}

// seed begins an empty document with a text.
func (r *room) seed(p *page, text Text) error {
	var update codec.CheckedUpdate
	var words string
	err := r.guardWords(func() error {
		tree, err := markdown.Parse(r.withOneTitle(text))
		if err != nil {
			return err
		}
		if update, err = codec.CheckUpdate(r.e.cfg.Schema.Seed(tree)); err == nil {
			words, err = r.e.wording(update)
		}
		return err
	})
	if err != nil {
		return err
	}
	hash := hashOf(words)
	packed := r.pack(p, words, hash)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone || r.version > 0 {
		return nil
	}
	r.adopt(update)
	r.seeded = r.version
	r.rebase(base{mark: text.Revision, hash: hash, whole: text.ShowsDrafts}, packed)
	r.notePublishedText(text, true)
	r.e.metrics.seeded.Inc()
	r.reschedule()
	return nil
}

// adopt merges an update of nobody's; mu is held. Everybody is sent it, whoever wrote
// something that goes with it.
func (r *room) adopt(u codec.CheckedUpdate) {
	if r.unseal() != nil || !r.doc.Apply(u).Changed {
		return
	}
	r.version++
	r.joint, r.sealTried = true, false
	now := time.Now()
	r.touch(now)
	r.freed(u, now)
}
