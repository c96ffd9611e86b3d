// Provider keeps a Y.Doc synchronized with a room, and knows who is present. It speaks one of the
// server's native protocols: docs/protocol.md describes their messages and the life of a connection.
import { ObservableV2 } from 'lib0/observable'
import { applyAwarenessUpdate, Awareness, encodeAwarenessUpdate, removeAwarenessStates } from 'y-protocols/awareness'
import * as Y from 'yjs'
import { Connection } from './connection.js'
import { json } from './json.js'
import { msgpack } from './msgpack.js'
import { split } from './split.js'
import { Tokens } from './tokens.js'
import { Unsaved } from './unsaved.js'

const codecs = { json, msgpack }

// A connection may send ten messages a second. So edits are gathered for this time, in
// milliseconds, and sent as one update, and so is presence. After a pause they are sent at once.
const gatherTime = 200

// The largest message with a part of an update. A connection may send 50 at once, and one that is
// slow has half a minute for each.
const partBytes = 1 << 19

// An update that has neither structs nor deletions.
const emptyUpdateBytes = 2

const knownPresence = ['joined', 'left', 'cursor', 'awareness']

export class Provider extends ObservableV2 {
  constructor (url, room, doc, {
    token, protocol = 'msgpack', awareness, connect = true, maxBackoffTime = 5_000, jitter = 0.5,
    WebSocketPolyfill = globalThis.WebSocket
  } = {}) {
    super()
    if (!codecs[protocol]) throw new Error(`protocol is json or msgpack, not ${protocol}`)
    Object.assign(this, { doc, room, protocol })
    this.url = `${url.replace(/\/+$/, '')}/${encodeURIComponent(room)}`
    this.ownsAwareness = awareness === undefined
    this.awareness = this.ownsAwareness ? new Awareness(doc) : awareness
    this.users = new Map() // by id: {id, name, color, cursor}
    this.version = 0 // of the document, as counted by the server
    this.readOnly = this.synced = this.destroyed = false
    this.welcomed = false // room_state has come over this connection
    this.more = 0 // parts of the document that are still to come
    this.caret = undefined // cursor that is not sent
    this.awarenessDue = false
    this.lastFlush = 0
    this.unsavedEdits = new Unsaved(count => this.emit('unsaved', [count]))
    if (Y.encodeStateVector(doc).length > 1) this.unsavedEdits.add(null) // what the document has already

    this.tokens = new Tokens(token)
    const open = token =>
      new WebSocketPolyfill(this.url, [codecs[protocol].subprotocol, ...(token ? [`auth.${token}`] : [])])
    this.connection = new Connection({ open, codec: codecs[protocol], tokens: this.tokens, maxBackoffTime, jitter })
    this.connection.on('message', message => this.receive(message))
    this.connection.on('status', status => this.onStatus(status))
    for (const name of ['closed', 'connection-error']) this.connection.on(name, event => this.emit(name, [event]))

    this.onUpdate = (update, origin) => { if (origin !== this) this.gather(() => this.unsavedEdits.add(update)) }
    doc.on('update', this.onUpdate)
    this.onDestroy = () => this.destroy()
    doc.on('destroy', this.onDestroy)
    // A server that took this client for gone says so, and is contradicted.
    this.onAwareness = ({ added, updated, removed }, origin) => {
      const { clientID } = this.awareness
      const changed = removed.includes(clientID) || origin !== this && (added.includes(clientID) || updated.includes(clientID))
      if (changed) this.gather(() => { this.awarenessDue = true })
    }
    this.awareness?.on('update', this.onAwareness)
    if (connect) this.connect()
  }

  get connected () { return this.connection.connected }

  get connecting () { return this.connection.connecting }

  get ws () { return this.connection.ws }

  get unsaved () { return this.unsavedEdits.count }

  // token may be replaced: connections to come use the other one.
  get token () { return this.tokens.source }

  set token (source) {
    this.tokens.source = source
    this.tokens.forget()
  }

  connect () { if (!this.destroyed) this.connection.connect() }

  // disconnect ends the connection, after sending what is gathered. Whether that is saved is known
  // when the provider has connected again.
  disconnect () {
    if (this.timer !== undefined) this.flush()
    this.connection.disconnect()
  }

  // destroy ends the connection as disconnect does, for good.
  destroy () {
    if (this.destroyed) return
    this.destroyed = true
    this.doc.off('update', this.onUpdate)
    this.doc.off('destroy', this.onDestroy)
    this.awareness?.off('update', this.onAwareness)
    this.disconnect()
    if (this.ownsAwareness) this.awareness.destroy()
    this.connection.destroy()
    super.destroy()
  }

  // renew gives the server a fresh token now, and uses it for connections to come. It is not needed
  // where token is a function.
  renew (token) {
    this.token = token
    this.send({ type: 'control', event: 'auth', token })
  }

  // cursor shows others where the user is: relative positions {anchor, head}, or any other JSON. It
  // is for pages whose editors do not use awareness.
  cursor (caret) { this.gather(() => { this.caret = caret }) }

  // signal sends all others in the room an event, such as typing, with further members.
  signal (event, members = {}) {
    if (knownPresence.includes(event)) throw new Error(`${event} is no event of one's own`)
    this.send({ ...members, type: 'presence', event })
  }

  // Administrators steer the room; others get the error PERMISSION_DENIED. A kicked user is kept out
  // for some seconds, or may come back at once.
  kick (id, { reason, seconds } = {}) {
    this.send({ type: 'control', event: 'kick', user: { id }, reason, for: seconds })
  }

  lock (reason) { this.send({ type: 'control', event: 'lock', reason }) }

  unlock () { this.send({ type: 'control', event: 'unlock' }) }

  notify (message, level = 'info') { this.send({ type: 'control', event: 'notice', notice: { level, message } }) }

  send (message) { this.connection.send(message) }

  onStatus (event) {
    if (event.status === 'disconnected') {
      this.welcomed = false
      this.unsavedEdits.disconnected()
      this.users.clear()
      this.forgetOthers()
      this.setSynced(false)
    }
    this.emit('status', [event])
  }

  // forgetOthers also forgets how new the states of others were: the next connection brings them all
  // again, and those that have not changed are no newer.
  forgetOthers () {
    if (!this.awareness) return
    const others = [...this.awareness.getStates().keys()].filter(id => id !== this.awareness.clientID)
    removeAwarenessStates(this.awareness, others, this)
    for (const id of this.awareness.meta.keys()) if (id !== this.awareness.clientID) this.awareness.meta.delete(id)
  }

  gather (note) {
    note()
    this.timer ??= setTimeout(() => this.flush(), Math.max(0, this.lastFlush + gatherTime - Date.now()))
  }

  flush () {
    clearTimeout(this.timer)
    this.timer = undefined
    if (!this.welcomed) return // enter sends it
    this.lastFlush = Date.now()
    if (this.unsavedEdits.updates.length > 0) this.unsavedEdits.take(updates => this.sendUpdate(Y.mergeUpdates(updates)))
    if (this.caret !== undefined) this.send({ type: 'presence', event: 'cursor', cursor: this.caret })
    this.caret = undefined
    if (this.awarenessDue) this.sendAwareness()
  }

  // sendUpdate returns the number of messages.
  sendUpdate (update) {
    const parts = split(update, partBytes)
    for (const part of parts) this.send({ type: 'sync', update: part, version: this.version })
    return parts.length
  }

  sendAwareness () {
    this.awarenessDue = false
    this.send({ type: 'presence', event: 'awareness', awareness: encodeAwarenessUpdate(this.awareness, [this.awareness.clientID]) })
  }

  receive (message) {
    const { type, event } = message
    if (type === 'sync') this.apply(message)
    else if (type === 'presence') this.present(message)
    else if (type === 'control') this.control(event, message)
  }

  control (event, message) {
    switch (event) {
      case 'room_state': return this.enter(message.room)
      case 'access': return this.setReadOnly(message.readOnly)
      case 'ack': return this.saved(message)
      case 'error': return this.emit('error', [message.error])
      case 'session.revoked': return this.emit('error', [{ code: 'SESSION_REVOKED', message: message.reason }])
      case 'auth': return this.emit('token', [{ expires: message.expires ?? null }])
      case 'notice': return this.emit('notice', [message.notice])
    }
  }

  // enter applies the document, or its first part, and answers with everything that the server
  // lacks. A document that was empty here has nothing that the server lacks. The server sends it
  // first, and again on the same connection when it lacks something.
  enter ({ participants, yjsState, version, readOnly, stateVector, more = 0, settled }) {
    this.users = new Map(participants.map(user => [user.id, user]))
    const known = this.unsaved > 0 || Y.encodeStateVector(this.doc).length > 1
    Y.applyUpdate(this.doc, yjsState, this)
    Object.assign(this, { version, more, welcomed: true })
    this.setReadOnly(readOnly)
    this.answer(known, stateVector ?? undefined, settled)
    if (this.awareness?.getLocalState()) this.sendAwareness()
    if (this.caret !== undefined) this.gather(() => {})
    this.emit('users', [this.users])
    if (more === 0) this.setSynced(true)
  }

  answer (known, stateVector, settled) {
    const lacks = known ? Y.encodeStateAsUpdate(this.doc, stateVector) : []
    this.unsavedEdits.restart(lacks.length > emptyUpdateBytes ? this.sendUpdate(lacks) : 0, settled)
  }

  apply ({ update, version = this.version }) {
    Y.applyUpdate(this.doc, update, this)
    this.version = version
    if (this.more > 0 && --this.more === 0) this.setSynced(true)
  }

  saved ({ version, count }) {
    this.version = version
    this.unsavedEdits.acknowledge(count)
  }

  present ({ type, event, user, cursor, awareness, ...members }) {
    if (event === 'awareness') return this.awareness && this.meet(awareness)
    if (!knownPresence.includes(event)) return this.emit('signal', [{ event, user, ...members }])
    if (event === 'joined') this.users.set(user.id, { ...this.users.get(user.id), ...user })
    else if (event === 'left') this.users.delete(user.id)
    else if (this.users.has(user.id)) this.users.get(user.id).cursor = cursor
    this.emit('users', [this.users])
  }

  // meet takes states of others. The server says when one ends, and does not renew them: without
  // that, awareness would remove each after half a minute.
  meet (update) {
    applyAwarenessUpdate(this.awareness, update, this)
    for (const [id, meta] of this.awareness.meta) if (id !== this.awareness.clientID) meta.lastUpdated = Infinity
  }

  setReadOnly (readOnly) {
    if (this.readOnly === readOnly) return
    this.readOnly = readOnly
    this.emit('readonly', [readOnly])
  }

  setSynced (synced) {
    if (this.synced === synced) return
    this.synced = synced
    if (synced) this.connection.failures = 0
    this.emit('sync', [synced])
    this.emit('synced', [synced])
  }
}
