// One document with one provider of y-websocket or Hocuspocus, or one of our own clients, and a
// record of what its sockets did.
import * as Y from 'yjs'
import * as broadcast from 'lib0/broadcastchannel'
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'
import WebSocket from 'ws'
import { carets, point } from './carets.mjs'
import { conditions } from './conditions.mjs'
import { isHocuspocus } from './hocuspocus.mjs'
import { flashInto, isNative, openProvider, typeInto } from './providers.mjs'
import { Receipts } from './receipts.mjs'
import { Unconfirmed } from './unconfirmed.mjs'
import { Waiters } from './waiters.mjs'

export class Session {
  // record keeps receipts of every update received, at the price of decoding each twice. checked
  // checks the messages of a JSON client. maxBackoffTime null stands for the provider's default.
  // headers replace those of the handshake. tabs makes the session exchange messages with the other
  // sessions of this process, as the tabs of a browser do. tokenURL is where our own provider asks
  // for its tokens.
  constructor ({ tokenURL = null, url, room, version = 3, params = {}, protocols = [], record = false, problems = [], checked = null, maxBackoffTime = 400, headers = null, tabs = false }) {
    this.problems = problems
    this.headers = headers
    this.checked = checked
    this.doc = new Y.Doc()
    this.native = isNative(version)
    this.addressed = isHocuspocus(version)
    this.receipts = record ? new Receipts() : null
    this.received = 0 // number of messages with an update
    this.sent = 0 // number of messages of any kind
    this.textFrames = 0
    this.attempts = 0 // to connect
    this.connects = 0
    this.closes = []
    this.errors = []
    this.failures = [] // errors that the server has sent
    this.notices = []
    this.renewals = 0 // tokens that the server has taken over a connection
    this.finals = [] // closes after which our own provider stays away
    this.sights = [] // names of those present, after each change
    this.waiters = new Waiters(this, conditions)
    this.provider = openProvider(version, url, room, this.doc, {
      params, protocols, token: tokenURL ? async () => (await fetch(tokenURL)).json() : params.token, disableBc: !tabs, maxBackoffTime: maxBackoffTime ?? undefined, WebSocketPolyfill: recordingSocket(this)
    })
    if (String(version) === '4') this.unconfirmed = new Unconfirmed(this.provider.doc, this.provider)
    this.watch()
  }

  watch () {
    const poke = () => this.waiters.poke()
    this.doc.on('update', poke)
    this.doc.getText('keys').observe(({ changes, transaction }) => { if (!transaction.local) this.noteLag(changes.delta) })
    this.provider.on('sync', poke)
    this.provider.awareness?.on('change', () => {
      this.sights.push(this.names())
      poke()
    })
    if (this.native) this.watchNative(poke)
    this.provider.on('status', ({ status }) => {
      if (status === 'connected') this.connects++
      poke()
    })
    this.provider.on('connection-error', event => {
      this.errors.push(event.message ?? 'connection error')
      poke()
    })
  }

  watchNative (poke) {
    this.provider.on('users', poke)
    this.provider.on('error', error => this.failures.push(error))
    this.provider.on('notice', notice => this.notices.push(notice))
    this.provider.on('token', () => { this.renewals++ })
    this.provider.on('closed', final => {
      this.finals.push(final)
      poke()
    })
  }

  onFrame (data, isBinary) {
    if (!isBinary) this.checked?.add('Server', data)
    if (this.native) this.received++
    else if (!isBinary) this.textFrames++
    else this.readFrame(new Uint8Array(data))
    // The provider's own listener runs after this one, so the waiters check when it has applied the
    // frame.
    queueMicrotask(() => this.waiters.poke())
  }

  readFrame (frame) {
    const decoder = decoding.createDecoder(frame)
    if (this.addressed) {
      if (frame.length === 1) return
      decoding.readVarString(decoder)
    }
    const isSync = decoding.readVarUint(decoder) === 0
    if (!isSync || decoding.readVarUint(decoder) === 0) return
    this.received++
    if (!this.receipts && !this.unconfirmed) return
    const update = decoding.readVarUint8Array(decoder)
    this.receipts?.add(update)
    this.unconfirmed?.received(update)
  }

  onClose (code, reason) {
    this.closes.push({ code, reason })
    this.waiters.poke()
  }

  noteLag (delta) {
    for (const { insert } of delta) {
      for (const time of insert?.split(',') ?? []) {
        if (time) this.oldest = Math.max(this.oldest ?? 0, Date.now() - Number(time))
      }
    }
  }

  lag () {
    const oldest = this.oldest ?? null
    this.oldest = undefined
    return oldest
  }

  names () {
    return [...this.provider.awareness.getStates().values()].flatMap(state => state.name ?? []).sort()
  }

  get connected () { return this.provider.wsconnected ?? this.provider.connected }

  get connecting () { return this.provider.wsconnecting ?? this.provider.connecting }

  // green is whether everything that was written here is known to the server, as a client of Yjs 14
  // determines it.
  get green () { return this.connected && this.provider.synced && this.unconfirmed.isEmpty }

  carets () { return carets(this) }

  point (at) { point(this, at) }

  // raw sends a frame that no client would send.
  raw (frame) {
    this.sendsRaw = true
    this.provider.ws.send(frame)
    this.sendsRaw = false
  }

  flash (text) { flashInto(this.provider.doc, text) }

  write (text) { typeInto(this.provider.doc, text) }

  status () {
    const { synced, unsaved = 0, denials = [], scopes = [], ends = [], counts = [] } = this.provider
    const { connected, connecting, received, sent, textFrames, connects, closes, errors, sights, failures, notices, finals } = this
    return { finals, denials, scopes, ends, counts, extensions: this.socket?.extensions ?? '', synced, unsaved, connected, connecting, received, sent, textFrames, connects, closes, errors, sights, failures, notices, carets: this.carets(), kinds: [...this.checked?.kinds ?? []] }
  }

  // renew sends a fresh token: for y-websocket in an auth message, which its provider cannot send.
  renew (token) {
    if (this.provider.renew) return this.provider.renew(token)
    const encoder = encoding.createEncoder()
    encoding.writeVarUint(encoder, 2)
    encoding.writeVarUint(encoder, 1)
    encoding.writeVarString(encoder, token)
    this.provider.ws.send(encoding.toUint8Array(encoder))
  }

  // signIn makes the next connection use another token. Before 3.0 a provider had a fixed URL.
  signIn (token) {
    const { provider } = this
    if (this.native) provider.token = token
    else if (provider.params) provider.params = { token }
    else provider.url = `${provider.url.split('?')[0]}?token=${token}`
  }

  // flushed resolves when everything sent so far has left this process, or the connection has
  // ended.
  flushed () {
    const ws = this.provider.ws
    if (ws?.readyState !== WebSocket.OPEN) return Promise.resolve()
    return new Promise(resolve => ws.ping('', true, () => resolve()))
  }

  // vanish acts like a tab that is closed: its connection ends, and the other tabs get its last
  // state, but no message that it leaves.
  vanish (last) {
    const { provider } = this
    provider.shouldConnect = false
    this.socket.terminate()
    provider.awareness.setLocalState(last)
    broadcast.unsubscribe(provider.bcChannel, provider._bcSubscriber)
    provider.bcconnected = false
  }

  destroy () {
    this.provider.destroy()
    this.doc.destroy()
  }
}

const recordingSocket = session => class extends WebSocket {
  constructor (url, protocols) {
    super(url, protocols, session.headers ? { finishRequest: request => rewritten(request, session.headers).end() } : {})
    session.attempts++
    session.socket = this
    this.on('message', (data, isBinary) => session.onFrame(data, isBinary))
    this.on('close', (code, reason) => session.onClose(code, reason.toString()))
  }

  // emit drops messages of the server while the socket is muted.
  emit (event, ...args) { return event === 'message' && this.mute ? true : super.emit(event, ...args) }

  send (...args) {
    if (!session.sendsRaw) session.checked?.add('Client', args[0])
    super.send(...args)
    session.sent++
    session.waiters.poke()
  }
}

const rewritten = (request, headers) => {
  for (const [name, value] of Object.entries(headers)) request.setHeader(name, value)
  return request
}
