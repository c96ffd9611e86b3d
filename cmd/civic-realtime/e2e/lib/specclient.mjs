// A client written from CivicPress' specification alone: it knows only the messages in that, no
// extensions of ours, and names no subprotocol.
import WebSocket from 'ws'
import * as Y from 'yjs'
import { Waiters } from './waiters.mjs'

const remote = Symbol('from the server')

const fromBase64 = text => new Uint8Array(Buffer.from(text, 'base64'))
const toBase64 = bytes => Buffer.from(bytes).toString('base64')

export class SpecClient {
  // The token is sent in the query or in a header. seed is written into a document that is empty at
  // first. headers are those that a proxy adds.
  constructor ({ url, record, token, where = 'query', seed = '', headers = {} }) {
    this.doc = new Y.Doc()
    this.seed = seed
    this.version = 0
    this.people = new Map()
    this.messages = []
    this.frames = [] // lengths in bytes
    this.strays = [] // frames that are not a JSON object in text
    this.closed = null
    this.waiters = new Waiters(this, conditions)
    this.doc.on('update', (update, origin) => { if (origin !== remote) this.sync(update) })
    this.ws = where === 'header'
      ? new WebSocket(`${url}/${record}`, { headers: { ...headers, Authorization: `Bearer ${token}` } })
      : new WebSocket(`${url}/${record}?token=${token}`, { headers })
    this.ws.on('error', () => {}) // the close event follows
    this.ws.on('message', (data, isBinary) => this.onFrame(data, isBinary))
    this.ws.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
      this.waiters.poke()
    })
  }

  onFrame (data, isBinary) {
    this.frames.push(data.length)
    const message = isBinary ? null : JSON.parse(data)
    if (message === null || typeof message !== 'object' || typeof message.type !== 'string') {
      this.strays.push(data.toString('hex'))
      return
    }
    this.messages.push(message)
    this.receive(message)
    this.waiters.poke()
  }

  receive (message) {
    switch (message.type) {
      case 'sync': return this.apply(message)
      case 'presence': return this.present(message)
      case 'control': if (message.event === 'room_state') this.enter(message.room)
    }
  }

  enter ({ participants, yjsState, version }) {
    this.people = new Map(participants.map(user => [user.id, { ...user }]))
    Y.applyUpdate(this.doc, fromBase64(yjsState), remote)
    this.version = version
    if (this.seed && this.text().length === 0) this.type(this.seed)
  }

  apply ({ update, version }) {
    Y.applyUpdate(this.doc, fromBase64(update), remote)
    this.version = version
  }

  present ({ event, user, cursor }) {
    if (event === 'joined') this.people.set(user.id, { ...user })
    if (event === 'left') this.people.delete(user.id)
    if (event === 'cursor') Object.assign(this.people.get(user.id) ?? {}, { at: cursor.position, selection: cursor.selection })
  }

  sync (update) { this.send({ type: 'sync', update: toBase64(update), version: this.version }) }

  send (message) { this.ws.send(JSON.stringify(message)) }

  type (text) { this.doc.getText('text').insert(this.text().length, text) }

  text () { return this.doc.getText('text').toString() }

  status () {
    const { version, people, messages, frames, strays, closed } = this
    return { version, people: [...people.values()], messages: messages.slice(-50), count: messages.length, longest: Math.max(0, ...frames), strays, closed, text: this.text() }
  }
}

// got returns the messages that match a pattern, of those after the first `after`.
const got = (client, { pattern, after = 0 }) => client.messages.slice(after).filter(message => has(message, pattern))

const has = (value, pattern) => pattern !== null && typeof pattern === 'object'
  ? value !== null && typeof value === 'object' && Object.entries(pattern).every(([key, want]) => has(value[key], want))
  : value === pattern

const conditions = {
  got: (client, want) => got(client, want).length >= (want.count ?? 1),
  holds: (client, want) => client.doc.getXmlFragment('default').toString().includes(want),
  text: (client, want) => client.text() === want,
  closed: (client, want) => (client.closed !== null) === want
}

export { got }
