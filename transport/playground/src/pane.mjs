// A pane: a document of its own, an editor of it, and its connection.
import * as Y from 'yjs'
import { h, say } from './dom.mjs'
import { Labels } from './labels.mjs'
import { others, paint } from './people.mjs'
import { PlainEditor } from './plain.mjs'
import { RichEditor } from './rich.mjs'
import { recording } from './socket.mjs'
import { t } from './strings.mjs'
import { Toolbar } from './toolbar.mjs'

export class Pane {
  // side is left or right; note is called with each frame, linked with each state of the connection.
  constructor ({ side, Link, url, name, user, note, linked }) {
    Object.assign(this, { side, user, linked, doc: new Y.Doc() })
    this.link = new Link(url, name, this.doc, recording(note))
    this.link.changed = () => this.showLink()
    this.awareness.setLocalStateField('user', user)
    this.awareness.on('change', () => this.showPeople())
    this.build()
    this.showLink()
    this.showPeople()
  }

  get awareness () { return this.link.awareness }

  get label () { return t(`pane.${this.side}.editor`, { name: this.user.name }) }

  build () {
    const { side, user } = this
    this.state = h('output', { class: 'state' })
    this.edits = h('span', { class: 'edits' })
    this.cut = h('button', { type: 'button', class: 'cut', onclick: () => this.toggle() })
    this.people = h('ul', { class: 'people', 'aria-label': t(`pane.${side}.people`) })
    this.toolbar = new Toolbar(t(`pane.${side}.toolbar`), () => this.editor)
    this.place = h('div', { class: 'place' })
    this.labels = new Labels(this.place, this.awareness)
    this.element = h('section', { class: 'pane', id: side, 'aria-labelledby': `${side}-title` },
      h('header', {},
        h('h2', { id: `${side}-title` }, paint(h('span', { class: 'dot', 'aria-hidden': 'true' }), user.color), user.name),
        h('span', { class: 'protocol' }, `${t(`pane.${side}`)} · ${t(`pane.${side}.protocol`)}`), this.cut),
      h('div', { class: 'line' }, this.state, this.edits), this.toolbar.element, this.place, this.people)
  }

  // edit shows the editor of rich or of plain text.
  edit (rich) {
    this.editor?.destroy()
    this.awareness.setLocalStateField('cursor', null)
    this.toolbar.element.hidden = !rich
    this.place.classList.toggle('is-rich', rich)
    this.editor = rich
      ? new RichEditor(this.place, this.doc, this.awareness, this.label, this.labels.caret, () => { if (this.editor?.view) this.toolbar.show() })
      : new PlainEditor(this.place, this.doc, this.awareness, this.label, this.labels.caret)
    if (rich) this.toolbar.show()
  }

  toggle () {
    if (this.away) this.link.join()
    else this.link.cutOff()
  }

  get away () { return this.link.state === 'offline' || this.link.state === 'closed' }

  showLink () {
    const { state, closed, edits } = this.link
    const reason = closed ? t('state.reason', { code: String(closed.code), reason: closed.reason || t('state.noreason') }) : ''
    say(this.state, [t(`state.${state}`), reason].filter(Boolean).join(' '))
    this.element.dataset.state = state
    this.linked(state)
    say(this.edits, edits > 0 ? t('edits', { count: edits }) : '')
    say(this.cut, t(this.away ? 'join' : 'cutoff'))
    this.cut.setAttribute('aria-label', t(this.away ? 'join.pane' : 'cutoff.pane', { name: this.user.name }))
  }

  showPeople () {
    const here = others(this.awareness)
    const chips = here.map(({ name, color }) => paint(h('li', {}, name), color))
    this.people.replaceChildren(...chips.length > 0 ? chips : [h('li', { class: 'nobody' }, t('people.nobody'))])
  }
}
