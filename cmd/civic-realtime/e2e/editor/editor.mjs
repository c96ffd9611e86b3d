// An editor of one record, connected as CivicPress' useRealtimeEditor connects it. What shows it is up to who makes it: a
// page's EditorView, or nothing.
import { toggleMark } from 'prosemirror-commands'
import { EditorState, Plugin, TextSelection } from 'prosemirror-state'
import { tableEditing } from 'prosemirror-tables'
import { yCursorPlugin, ySyncPlugin, yUndoPlugin, yXmlFragmentToProseMirrorRootNode } from 'y-prosemirror'
import { WebsocketProvider } from 'y-websocket'
import * as Y from 'yjs'
import { write } from '../../../../codec/markdown/reference/writing.mjs'
import { Waiters } from '../lib/waiters.mjs'
import { conditions } from './conditions.mjs'
import { keys } from './keys.mjs'
import { schema } from './schema.mjs'

export class Editor {
  // user is who the editor says it is. clientID is the document's, unless it is 0. options are further ones of the provider.
  // One that is busy for some milliseconds when it is connected, before it says anything, names no protocol.
  constructor ({ url, room, token, user, clientID, busy, options }, makeView, problems) {
    this.problems = problems
    this.connects = 0
    this.closes = []
    this.waiters = new Waiters(this, conditions)
    this.doc = new Y.Doc()
    if (clientID) this.doc.clientID = clientID
    this.fragment = this.doc.getXmlFragment('default')
    this.busy = busy
    this.provider = new WebsocketProvider(url, room, this.doc, { protocols: busy ? [] : ['auth.' + token], ...options })
    this.provider.awareness.setLocalStateField('user', user)
    this.view = makeView(EditorState.create({ schema, plugins: this.plugins() }))
    this.watch()
  }

  plugins () {
    const poke = new Plugin({ view: () => ({ update: () => this.waiters.poke() }) })
    return [ySyncPlugin(this.fragment), yCursorPlugin(this.provider.awareness), yUndoPlugin(), ...keys, tableEditing(), poke]
  }

  watch () {
    const poke = () => this.waiters.poke()
    this.doc.on('update', poke)
    this.provider.on('sync', poke)
    this.provider.awareness.on('change', poke)
    this.provider.on('status', ({ status }) => {
      if (status === 'connected') {
        this.connects++
        this.dawdle()
      }
      poke()
    })
    this.provider.on('connection-close', event => {
      this.closes.push({ code: event?.code ?? 0, reason: event?.reason ?? '' })
      poke()
    })
  }

  dawdle () {
    const began = performance.now()
    do this.silent = performance.now() - began
    while (this.silent < this.busy)
  }

  wait ({ until, deadline }) { return this.waiters.until(until, deadline) }

  disconnect () { this.provider.disconnect() }

  reconnect () { this.provider.connect() }

  // after puts the caret behind the first place where a text block has text, lastly behind the last, before in front of the
  // first; select takes the text.
  after ({ text }) { this.point(this.places(text).at(0) + text.length) }

  lastly ({ text }) { this.point(this.places(text).at(-1) + text.length) }

  before ({ text }) { this.point(this.places(text).at(0)) }

  select ({ text }) {
    const place = this.places(text).at(0)
    this.point(place, place + text.length)
  }

  point (anchor, head = anchor) {
    const { tr, doc } = this.view.state
    this.view.dispatch(tr.setSelection(TextSelection.create(doc, anchor, head)))
    this.view.focus()
  }

  // places lists the text blocks' first places with text; a leaf is one character, U+FFFC.
  places (text) {
    const places = []
    this.view.state.doc.descendants((node, at) => {
      const i = node.isTextblock ? node.textBetween(0, node.content.size, null, '\ufffc').indexOf(text) : -1
      if (i >= 0) places.push(at + 1 + i)
    })
    if (places.length === 0) throw new Error(`no ${JSON.stringify(text)} in ${this.view.state.doc}`)
    return places
  }

  // mark does what a button of the bar does for which there is no key.
  mark ({ mark, attrs }) {
    if (!toggleMark(schema.marks[mark], attrs)(this.view.state, this.view.dispatch.bind(this.view))) throw new Error(`${mark} not taken`)
  }

  // insert puts a node at the caret, as the dialogues do.
  insert ({ node }) {
    this.view.dispatch(this.view.state.tr.replaceSelectionWith(schema.nodeFromJSON(node)))
    this.view.focus()
  }

  markdown () { return write(this.view.state.doc) }

  document () { return this.view.state.doc.toJSON() }

  // faithful is whether what the editor shows is what is in the document.
  get faithful () {
    return this.fragment.length === 0 || this.view.state.doc.eq(yXmlFragmentToProseMirrorRootNode(this.fragment, schema))
  }

  // people are the names of the others, as they would stand beside their carets.
  people () {
    const { awareness } = this.provider
    return [...awareness.getStates()].filter(([id]) => id !== this.doc.clientID).map(([, { user }]) => user?.name ?? '?').sort()
  }

  // carets are what is drawn: the name, and what stands before the caret in its text block.
  carets () {
    return [...this.view.dom.querySelectorAll('.ProseMirror-yjs-cursor')].map(drawn => {
      const { parent, parentOffset } = this.view.state.doc.resolve(this.view.posAtDOM(drawn, 0))
      return `${drawn.textContent.replaceAll('\u2060', '')}@${parent.textBetween(0, parentOffset)}`
    }).sort()
  }

  status () {
    const { connects, closes, problems, faithful, silent } = this
    const { synced, wsconnected: connected } = this.provider
    return { synced, connected, connects, closes, problems, faithful, silent, people: this.people(), carets: this.carets(), markdown: this.markdown() }
  }

  destroy () {
    this.provider.destroy()
    this.view.destroy()
    this.doc.destroy()
  }
}
