// One document with one provider of y-websocket, and a record of what its sockets did.
import * as Y from 'yjs'
import * as decoding from 'lib0/decoding'
import WebSocket from 'ws'
import { WebsocketProvider as Provider3 } from 'y-websocket'
import { WebsocketProvider as Provider2 } from 'y-websocket-2'
import { Receipts } from './receipts.mjs'
import { Waiters } from './waiters.mjs'

const providers = { 2: Provider2, 3: Provider3 }

export class Session {
  // record keeps receipts of every update received, at the price of decoding each twice.
  constructor ({ url, room, version = 3, params = {}, record = false }) {
    this.doc = new Y.Doc()
    this.receipts = record ? new Receipts() : null
    this.received = 0 // messages with an update in them
    this.sent = 0 // messages of any kind
    this.textFrames = 0
    this.connects = 0
    this.closes = []
    this.errors = []
    this.sights = [] // who was present, each time that changed
    this.waiters = new Waiters(this)
    this.provider = new providers[version](url, room, this.doc, {
      params, disableBc: true, maxBackoffTime: 400, WebSocketPolyfill: recordingSocket(this)
    })
    this.watch()
  }

  watch () {
    const poke = () => this.waiters.poke()
    this.doc.on('update', poke)
    this.provider.on('sync', poke)
    this.provider.awareness.on('change', () => {
      this.sights.push(this.names())
      poke()
    })
    this.provider.on('status', ({ status }) => {
      if (status === 'connected') this.connects++
      poke()
    })
    this.provider.on('connection-error', event => {
      this.errors.push(event.message ?? 'connection error')
      poke()
    })
  }

  onFrame (data, isBinary) {
    if (!isBinary) this.textFrames++
    else this.readFrame(new Uint8Array(data))
    // The provider's own listener runs after this one, so the waiters look once it has applied the frame.
    queueMicrotask(() => this.waiters.poke())
  }

  readFrame (frame) {
    const decoder = decoding.createDecoder(frame)
    const isSync = decoding.readVarUint(decoder) === 0
    if (!isSync || decoding.readVarUint(decoder) === 0) return
    this.received++
    this.receipts?.add(decoding.readVarUint8Array(decoder))
  }

  onClose (code, reason) {
    this.closes.push({ code, reason })
    this.waiters.poke()
  }

  names () {
    return [...this.provider.awareness.getStates().values()].flatMap(state => state.name ?? []).sort()
  }

  status () {
    const { synced, wsconnected: connected, wsconnecting: connecting } = this.provider
    const { received, sent, textFrames, connects, closes, errors, sights } = this
    return { synced, connected, connecting, received, sent, textFrames, connects, closes, errors, sights }
  }

  // flushed resolves when everything sent so far has left this process, or the connection is gone.
  flushed () {
    const ws = this.provider.ws
    if (ws?.readyState !== WebSocket.OPEN) return Promise.resolve()
    return new Promise(resolve => ws.ping('', true, () => resolve()))
  }

  destroy () {
    this.provider.destroy()
    this.doc.destroy()
  }
}

const recordingSocket = session => class extends WebSocket {
  constructor (url, protocols) {
    super(url, protocols)
    this.on('message', (data, isBinary) => session.onFrame(data, isBinary))
    this.on('close', (code, reason) => session.onClose(code, reason.toString()))
  }

  send (...args) {
    super.send(...args)
    session.sent++
    session.waiters.poke()
  }
}
