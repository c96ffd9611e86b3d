// A client of a record: it keeps a Y.Doc synchronized with a room, and knows who is present and
// where their carets are. json.mjs and msgpack.mjs encode and decode the messages; docs/protocol.md
// describes both formats.
//
//   const client = new JSONClient('ws://127.0.0.1:3001/realtime/records', 'my-record', new Y.Doc(), { token })
//   client.on('people', () => console.log([...client.people.values()]))
//   client.cursor({ anchor, head })       // relative positions, or whatever else others shall see
//
// Events: status {status}, sync (synced), people (), error ({code, message}), notice ({level,
// message}).
import { ObservableV2 } from 'lib0/observable'
import * as Y from 'yjs'

// A connection may send ten messages a second. So edits are gathered for this time, in
// milliseconds, and sent as one update, and so are moves of the caret.
const gatherTime = 200

export class Client extends ObservableV2 {
  constructor (url, record, doc, { token, protocol, WebSocketPolyfill = globalThis.WebSocket, maxBackoffTime = 5000 } = {}) {
    super()
    this.url = `${url}/${encodeURIComponent(record)}`
    Object.assign(this, { doc, token, protocol, WebSocketPolyfill, maxBackoffTime })
    this.people = new Map() // by id: {id, name, color, cursor}
    this.version = 0 // of the document, as counted by the server
    this.unsaved = 0 // number of updates sent that may not be durable yet
    this.readOnly = false
    this.connected = this.connecting = this.synced = false
    this.failures = 0 // consecutive failures to connect and sync
    this.unsent = [] // updates
    this.caret = undefined
    this.onUpdate = (update, origin) => { if (origin !== this) this.gather(() => this.unsent.push(update)) }
    doc.on('update', this.onUpdate)
    this.connect()
  }

  connect () {
    this.wanted = true
    if (this.ws) return
    this.connecting = true
    const protocols = [this.protocol, ...(this.token ? [`auth.${this.token}`] : [])]
    const ws = this.ws = new this.WebSocketPolyfill(this.url, protocols)
    ws.binaryType = 'arraybuffer'
    ws.onopen = () => this.opened()
    ws.onmessage = ({ data }) => {
      this.unanswered = 0
      this.receive(this.decode(data))
    }
    ws.onclose = ({ code, reason }) => this.closed(code, reason)
    ws.onerror = event => this.emit('connection-error', [event])
  }

  opened () {
    this.connecting = false
    this.connected = true
    this.unanswered = 0 // pings
    this.heartbeat = setInterval(() => this.ping(), 30_000)
    this.emit('status', [{ status: 'connected' }])
  }

  // ping closes the connection if nothing has come since the ping before the last one.
  ping () {
    if (++this.unanswered < 2) return this.send({ type: 'ping' })
    const { ws } = this
    ws.onmessage = ws.onclose = null
    ws.close()
    this.closed(1006, 'no answer')
  }

  closed (code, reason) {
    clearInterval(this.heartbeat)
    this.ws = null
    this.connected = this.connecting = false
    this.welcomed = false
    this.unsaved = 0 // the next room_state shows how much the server has
    this.people.clear()
    this.setSynced(false)
    this.emit('status', [{ status: 'disconnected', code, reason }])
    // After 4000 to 4499 something has to change before a client may come back; after 4500 to 4599
    // it may come back at once.
    if (this.wanted && (code < 4000 || code >= 4500)) {
      setTimeout(() => { if (this.wanted) this.connect() }, Math.min(100 * 2 ** this.failures++, this.maxBackoffTime))
    }
  }

  disconnect () {
    this.wanted = false
    this.ws?.close()
  }

  destroy () {
    this.disconnect()
    clearTimeout(this.timer)
    this.doc.off('update', this.onUpdate)
    super.destroy()
  }

  cursor (caret) { this.gather(() => { this.caret = caret }) }

  renew (token) {
    this.token = token
    this.send({ type: 'control', event: 'auth', token })
  }

  // Administrators steer the room; others get the error PERMISSION_DENIED. A kicked user is kept out
  // for some seconds, or may come back at once.
  kick (id, { reason, seconds } = {}) {
    this.send({ type: 'control', event: 'kick', user: { id }, reason, for: seconds })
  }

  lock (reason) { this.send({ type: 'control', event: 'lock', reason }) }

  unlock () { this.send({ type: 'control', event: 'unlock' }) }

  notify (message, level = 'info') {
    this.send({ type: 'control', event: 'notice', notice: { level, message } })
  }

  gather (note) {
    note()
    this.timer ??= setTimeout(() => this.flush(), gatherTime)
  }

  flush () {
    this.timer = undefined
    if (!this.welcomed) return // enter sends it
    if (this.unsent.length > 0) this.sendUpdate(Y.mergeUpdates(this.unsent.splice(0)))
    if (this.caret !== undefined) this.send({ type: 'presence', event: 'cursor', cursor: this.caret })
    this.caret = undefined
  }

  sendUpdate (update) {
    this.unsaved++
    this.send({ type: 'sync', update, version: this.version })
  }

  send (message) {
    if (this.ws?.readyState === 1) this.ws.send(this.encode(message))
  }

  receive (message) {
    const { type, event } = message
    if (type === 'sync') this.apply(message)
    else if (type === 'presence') this.present(message)
    else if (event === 'room_state') this.enter(message.room)
    else if (event === 'ack') this.saved(message)
    else if (event === 'error') this.emit('error', [message.error])
    else if (event === 'notice') this.emit('notice', [message.notice])
  }

  // enter applies the document, or its first part, and answers with everything that the server
  // lacks.
  enter ({ participants, yjsState, version, readOnly, stateVector, more = 0 }) {
    this.people = new Map(participants.map(user => [user.id, user]))
    Y.applyUpdate(this.doc, yjsState, this)
    Object.assign(this, { version, readOnly, more, welcomed: true })
    this.unsent = []
    this.unsaved = 0 // everything in the state vector is durable
    const lacks = Y.encodeStateAsUpdate(this.doc, stateVector ?? undefined)
    if (lacks.length > 2) this.sendUpdate(lacks)
    this.emit('people', [])
    if (more === 0) this.setSynced(true)
  }

  apply ({ update, version = this.version }) {
    Y.applyUpdate(this.doc, update, this)
    this.version = version
    if (this.more > 0 && --this.more === 0) this.setSynced(true)
  }

  saved ({ version, count }) {
    this.version = version
    this.unsaved = Math.max(0, this.unsaved - count) // some may be of updates sent before the last room_state
  }

  present ({ event, user, cursor }) {
    if (event === 'joined') this.people.set(user.id, { ...this.people.get(user.id), ...user })
    else if (event === 'left') this.people.delete(user.id)
    else if (event === 'cursor' && this.people.has(user.id)) this.people.get(user.id).cursor = cursor
    else return
    this.emit('people', [])
  }

  setSynced (synced) {
    if (this.synced === synced) return
    this.synced = synced
    if (synced) this.failures = 0
    this.emit('sync', [synced])
  }
}
