package engine

// checkWriter returns the reason why p may not write, or nil.
func (r *room) checkWriter(p *Peer) *Denial {
	switch {
	case r.e.cfg().ReadOnly:
		return ErrEditingOff
	case p.identity.ReadOnly:
		return ErrReadOnly
	case r.locked:
		return ErrLocked
	}
	return nil
}

// isAboutWriter reports whether a reason is one of checkWriter's.
func isAboutWriter(reason *Denial) bool {
	return reason == ErrReadOnly || reason == ErrLocked || reason == ErrEditingOff
}

// checkUpdate returns the reason why e may not be merged, or nil. An update with nothing new is no
// attempt to write, as clients reply to a SyncRequest with updates that the room may have. mu is
// held.
func (r *room) checkUpdate(e entry) *Denial {
	reason := r.checkWriter(e.peer)
	size := r.doc.Size() + len(e.update.Bytes())
	if reason == nil && e.update.HasStructs() && size > r.e.cfg().DocumentBytes {
		reason = ErrDocumentTooLarge
	}
	if reason == nil || r.doc.Contains(e.update) {
		return nil
	}
	return reason
}

// discards reports whether everything that p sends is ignored, as it has left, the room goes to
// another node, or the engine shuts down.
func (r *room) discards(p *Peer) bool {
	return p.left() || r.isFrozen() || r.e.draining.Load()
}
