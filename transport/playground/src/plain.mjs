// The editor of plain text: a text area that is bound to a Y.Text. What is behind the text area has
// the same text, and carets in it.
import * as Y from 'yjs'
import { h } from './dom.mjs'
import { t } from './strings.mjs'

// difference returns where two texts differ: the first place, and how much follows that is equal.
const difference = (before, after) => {
  let from = 0
  while (from < before.length && before[from] === after[from]) from++
  let same = 0
  while (same < Math.min(before.length, after.length) - from && before.at(-1 - same) === after.at(-1 - same)) same++
  return [from, same]
}

export class PlainEditor {
  // caret makes the caret of another person.
  constructor (place, doc, awareness, label, caret) {
    Object.assign(this, { doc, awareness, caret, text: doc.getText('text'), cursor: null })
    this.behind = h('div', { class: 'behind', 'aria-hidden': 'true' })
    this.area = h('textarea', {
      'aria-label': label, placeholder: t('editor.invitation'), spellcheck: 'false',
      oninput: () => this.edited(), onscroll: () => this.scroll(), onblur: () => this.point(null)
    })
    this.area.value = this.text.toString()
    place.append(h('div', { class: 'plain' }, this.behind, this.area))
    this.onText = event => this.changed(event)
    this.onSelection = () => { if (document.activeElement === this.area) this.point(this.selected()) }
    this.draw = this.draw.bind(this)
    this.text.observe(this.onText)
    document.addEventListener('selectionchange', this.onSelection)
    awareness.on('change', this.draw)
    this.draw()
  }

  selected () {
    const [start, end] = [this.area.selectionStart, this.area.selectionEnd].map(at => Y.createRelativePositionFromTypeIndex(this.text, at))
    return this.area.selectionDirection === 'backward' ? { anchor: end, head: start } : { anchor: start, head: end }
  }

  // point shows others where this person is. The browser reports selections that are as before, too.
  point (cursor) {
    if (JSON.stringify(cursor) === JSON.stringify(this.cursor)) return
    this.cursor = cursor
    this.awareness.setLocalStateField('cursor', cursor)
  }

  // edited takes what the person has typed: where the text differs from the document's, that part
  // is replaced.
  edited () {
    const [before, after] = [this.text.toString(), this.area.value]
    const [from, same] = difference(before, after)
    this.doc.transact(() => {
      this.text.delete(from, before.length - same - from)
      this.text.insert(from, after.slice(from, after.length - same))
    }, this)
    this.point(this.selected())
    this.draw()
  }

  // changed takes what others have typed; the selection stays where it is in the text.
  changed ({ transaction: { origin } }) {
    if (origin === this) return
    const { cursor } = this
    this.area.value = this.text.toString()
    if (cursor && document.activeElement === this.area) {
      const [anchor, head] = [cursor.anchor, cursor.head].map(position => this.index(position) ?? this.area.value.length)
      this.area.setSelectionRange(Math.min(anchor, head), Math.max(anchor, head), anchor > head ? 'backward' : 'forward')
    }
    this.draw()
  }

  // index returns the place of a relative position, null for one that is not in this text.
  index (position) {
    const at = position && Y.createAbsolutePositionFromRelativePosition(position, this.doc)
    return at?.type === this.text ? at.index : null
  }

  draw () {
    const text = this.area.value
    const carets = [...this.awareness.getStates()].flatMap(([client, { user, cursor }]) => {
      const at = client !== this.awareness.clientID && cursor?.head ? this.index(Y.createRelativePositionFromJSON(cursor.head)) : null
      return at == null ? [] : [{ at, shown: this.caret(user, client) }]
    }).sort((a, b) => a.at - b.at)
    const parts = []
    let from = 0
    for (const { at, shown } of carets) {
      parts.push(text.slice(from, at), shown)
      from = at
    }
    this.behind.replaceChildren(...parts, text.slice(from) + '\n')
    this.scroll()
  }

  scroll () { this.behind.scrollTop = this.area.scrollTop }

  destroy () {
    this.text.unobserve(this.onText)
    document.removeEventListener('selectionchange', this.onSelection)
    this.awareness.off('change', this.draw)
    this.area.closest('.plain').remove()
  }
}
