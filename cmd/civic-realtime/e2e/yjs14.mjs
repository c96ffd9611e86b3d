// A client of Yjs 14, with a client id of 53 bits, that speaks the y-websocket protocol;
// lib/driven.mjs describes how it is controlled.
import * as Y from '@y/y'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import WebSocket from 'ws'
import { complaints, serve } from './lib/driven.mjs'
import { Waiters } from './lib/waiters.mjs'

const sync = 0
const [step1, step2, update] = [0, 1, 2]

class Session {
  constructor ({ url, room, token }) {
    this.doc = new Y.Doc()
    this.fragment = this.doc.get('default')
    this.waiters = new Waiters(this, conditions)
    this.ws = new WebSocket(`${url}/${room}`, [`auth.${token}`])
    this.ws.binaryType = 'arraybuffer'
    this.ws.on('open', () => this.send(step1, Y.encodeStateVector(this.doc)))
    this.ws.on('message', data => this.receive(new Uint8Array(data)))
    this.doc.on('update', (bytes, origin) => { if (origin !== this) this.send(update, bytes) })
  }

  send (kind, bytes) {
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, sync)
    encoding.writeVarUint(encoder, kind)
    encoding.writeVarUint8Array(encoder, bytes)
    this.ws.send(encoding.toUint8Array(encoder))
  }

  receive (data) {
    const decoder = decoding.createDecoder(data)
    if (decoding.readVarUint(decoder) !== sync) return
    const kind = decoding.readVarUint(decoder)
    const bytes = decoding.readVarUint8Array(decoder)
    if (kind === step1) this.send(step2, Y.encodeStateAsUpdate(this.doc, bytes))
    else Y.applyUpdate(this.doc, bytes, this)
    this.waiters.poke()
  }

  // text returns the text of the document, one block a line.
  text () { return blocks(this.fragment).map(lineOf).join('\n') }

  status () { return { client: this.doc.clientID, text: this.text() } }
}

const children = type => [...type.toDelta().children].flatMap(({ insert }) => typeof insert === 'string' ? [insert] : [...insert])
const blocks = type => children(type).filter(child => child instanceof Y.Type)
const lineOf = type => children(type).map(child => typeof child === 'string' ? child : child.name === 'hard_break' ? '|' : lineOf(child)).join('')

// textOf returns the type that contains a text, and the position in it where the text ends.
const textOf = (type, text) => {
  let at = 0
  for (const child of children(type)) {
    if (typeof child === 'string') {
      if (child.includes(text)) return [type, at + child.indexOf(text) + text.length]
      at += child.length
      continue
    }
    const found = child instanceof Y.Type && textOf(child, text)
    if (found) return found
    at++
  }
}

const conditions = { text: (session, want) => session.text() === want }

let session = null

const problems = complaints(() => session?.waiters.poke())

serve({
  open (args) { session = new Session(args) },
  wait: ({ until, deadline }) => session.waiters.until(until, deadline),
  status: () => ({ ...session.status(), problems }),

  // paragraph appends a paragraph that contains its text directly, and makes a part of it bold.
  paragraph ({ text, bold }) {
    const paragraph = new Y.Type('paragraph')
    session.doc.transact(() => {
      session.fragment.push([paragraph])
      paragraph.insert(0, text)
      if (bold) paragraph.format(text.indexOf(bold), bold.length, { strong: {} })
    })
  },

  // break inserts a line break after a text, and types.
  break ({ after, text }) {
    const [type, at] = textOf(session.fragment, after)
    session.doc.transact(() => {
      type.insert(at, [new Y.Type('hard_break')])
      type.insert(at + 1, text)
    })
  }
})
