// An editor of one record, connected as by CivicPress' useRealtimeEditor. Its maker chooses the
// view: a page's EditorView, or one that shows nothing.
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
  // user is the editor's own name for its user. clientID is the document's, unless it is 0. options
  // are further options of the provider. An editor that is busy for some milliseconds after it
  // connects, before it sends anything, names no protocol.
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
        this.stayBusy()
      }
      poke()
    })
    this.provider.on('connection-close', event => {
      this.closes.push({ code: event?.code ?? 0, reason: event?.reason ?? '' })
      poke()
    })
  }

  stayBusy () {
    const began = performance.now()
    do this.silent = performance.now() - began
    while (this.silent < this.busy)
  }

  wait ({ until, deadline }) { return this.waiters.until(until, deadline) }

  disconnect () { this.provider.disconnect() }

  reconnect () { this.provider.connect() }

  // after puts the caret after the first text block's first occurrence of text, lastly after the
  // last block's; select selects the text.
  after ({ text }) { this.point(this.places(text).at(0) + text.length) }

  lastly ({ text }) { this.point(this.places(text).at(-1) + text.length) }

  select ({ text }) {
    const place = this.places(text).at(0)
    this.point(place, place + text.length)
  }

  point (anchor, head = anchor) {
    const { tr, doc } = this.view.state
    this.view.dispatch(tr.setSelection(TextSelection.create(doc, anchor, head)))
    this.view.focus()
  }

  // places lists the first occurrence of text in each text block that has it; a leaf is one
  // character, U+FFFC.
  places (text) {
    const places = []
    this.view.state.doc.descendants((node, at) => {
      const i = node.isTextblock ? node.textBetween(0, node.content.size, null, '\ufffc').indexOf(text) : -1
      if (i >= 0) places.push(at + 1 + i)
    })
    if (places.length === 0) throw new Error(`no ${JSON.stringify(text)} in ${this.view.state.doc}`)
    return places
  }

  // mark does what a button of the toolbar does for which there is no key.
  mark ({ mark, attrs }) {
    if (!toggleMark(schema.marks[mark], attrs)(this.view.state, this.view.dispatch.bind(this.view))) throw new Error(`${mark} not taken`)
  }

  // insert inserts a node at the caret, as the dialogs do.
  insert ({ node }) {
    this.view.dispatch(this.view.state.tr.replaceSelectionWith(schema.nodeFromJSON(node)))
    this.view.focus()
  }

  markdown () { return write(this.view.state.doc) }

  document () { return this.view.state.doc.toJSON() }

  // faithful is whether the editor shows the content of the document.
  get faithful () {
    return this.fragment.length === 0 || this.view.state.doc.eq(yXmlFragmentToProseMirrorRootNode(this.fragment, schema))
  }

  // people returns the names of the others, as shown beside their carets.
  people () {
    const { awareness } = this.provider
    return [...awareness.getStates()].filter(([id]) => id !== this.doc.clientID).map(([, { user }]) => user?.name ?? '?').sort()
  }

  // carets returns the carets shown: the name, and the text before the caret in its text block.
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
