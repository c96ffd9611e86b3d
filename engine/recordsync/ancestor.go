package recordsync

import "github.com/civicpress/civic-realtime/codec/markdown"

// ancestor returns the text that theirs was made of: the text of the merge base, or an
// earlier one that it is more like; then stale is set. It returns false if the former is not
// known.
//
// An editor outside of any session, such as CivicPress' in single-user mode, saves the text
// that it was opened with, changed. Drafts that were saved here meanwhile are missing there
// though nobody took them out. Text that was written or deleted between two texts is so in a
// text that was made of the newer one, which therefore differs from that by less.
func ancestor(theirs string, base mergeBase, t *baseText) (text string, stale, ok bool) {
	if text, ok = t.textOf(base); !ok || len(t.earlier) == 0 {
		return text, false, ok
	}
	like := likenessOf(theirs, text)
	least := like.pairs.difference()
	for newer, i := text, 0; i < len(t.earlier); i++ {
		older, ok := patched(newer, t.earlier[i])
		if !ok {
			break
		}
		like.goBack(newer, older)
		if d := like.pairs.difference(); like.most() && d < least {
			text, least, stale = older, d, true
		}
		newer = older
	}
	return text, stale, true
}

// textOf returns the text of a merge base, if it is known.
func (t *baseText) textOf(b mergeBase) (text string, ok bool) {
	text, ok = decompress(t.current)
	return text, ok && hashOf(text) == b.hash
}

// patched applies a compressed line patch to a text.
func patched(text string, patch []byte) (string, bool) {
	lines, ok := decompress(patch)
	if !ok {
		return "", false
	}
	text, err := applyLinePatch(text, []byte(lines), markdown.MaxSize)
	return text, err == nil
}
