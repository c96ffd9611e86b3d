// Connection keeps one WebSocket open for as long as it is wanted.
import { ObservableV2 } from 'lib0/observable'

const pingInterval = 30_000 // milliseconds

const firstBackoff = 100 // milliseconds

const tokenRefused = [4401, 4001]
const tokenEnded = 4501

// The codes of the set civicpress after which a client may come back, after a while.
const busy = [4013, 4029]

// isFinal returns whether something has to change before a client that was closed with this code
// may come back.
export const isFinal = code => code >= 4000 && code < 4500 && !busy.includes(code)

// Events: status ({status, code, reason}), closed ({code, reason}), connection-error (error),
// message (a decoded message).
export class Connection extends ObservableV2 {
  // open makes the WebSocket, for a token.
  constructor ({ open, codec, tokens, maxBackoffTime, jitter }) {
    super()
    Object.assign(this, { open, codec, tokens, maxBackoffTime, jitter })
    this.ws = null
    this.wanted = false
    this.connected = false
    this.connecting = false
    this.failures = 0 // consecutive failures to connect and sync
    this.attempt = 0
  }

  connect () {
    this.wanted = true
    if (this.ws || this.connecting) return
    clearTimeout(this.retryTimer)
    this.connecting = true
    this.emit('status', [{ status: 'connecting' }])
    const attempt = ++this.attempt
    const current = () => attempt === this.attempt
    this.fresh = false
    const { last } = this.tokens
    let token
    try {
      token = this.tokens.get()
    } catch (error) {
      token = Promise.reject(error)
    }
    if (typeof token?.then !== 'function') return this.start(token)
    token.then(token => {
      this.fresh = this.tokens.last !== last
      if (current()) this.start(token)
    }).catch(error => { if (current()) this.failed(error) })
  }

  start (token) {
    let ws
    try {
      ws = this.ws = this.open(token)
    } catch (error) { // the address is none
      return this.failed(error)
    }
    ws.binaryType = 'arraybuffer'
    ws.onopen = () => this.opened()
    ws.onmessage = ({ data }) => {
      this.unanswered = 0
      this.emit('message', [this.codec.decode(data)])
    }
    ws.onclose = ({ code, reason }) => this.closed(code, reason)
    ws.onerror = event => this.emit('connection-error', [event])
  }

  // failed ends an attempt without a socket.
  failed (error) {
    this.emit('connection-error', [error])
    this.ended({ status: 'disconnected' })
    this.retry()
  }

  opened () {
    this.connecting = false
    this.connected = true
    this.unanswered = 0 // pings
    this.heartbeat = setInterval(() => this.ping(), pingInterval)
    this.renewal = this.tokens.schedule(() => this.renew())
    this.emit('status', [{ status: 'connected' }])
  }

  // ping closes the connection if nothing has come since the ping before the last one.
  ping () {
    if (++this.unanswered < 2) return this.send({ type: 'ping' })
    this.drop(1006, 'no answer')
  }

  // drop ends a connection without waiting for the other side, which may be away.
  drop (code, reason) {
    const { ws } = this
    ws.onopen = ws.onmessage = ws.onclose = null
    ws.onerror = () => {}
    ws.close()
    this.closed(code, reason)
  }

  closed (code, reason) {
    this.ended({ status: 'disconnected', code, reason })
    if (!this.wanted) return
    if (code === tokenEnded) this.tokens.forget()
    // A token that was kept may be refused; one that has just been made is refused for good.
    const another = tokenRefused.includes(code) && this.tokens.renewable && !this.fresh
    if (another) this.tokens.forget()
    if (another || !isFinal(code)) return this.retry()
    this.wanted = false
    this.emit('closed', [{ code, reason }])
  }

  ended (status) {
    clearInterval(this.heartbeat)
    this.renewal?.()
    this.ws = null
    this.connected = this.connecting = false
    this.emit('status', [status])
  }

  retry () {
    if (!this.wanted) return
    const wait = Math.min(firstBackoff * 2 ** this.failures++, this.maxBackoffTime) * (1 - this.jitter * Math.random())
    this.retryTimer = setTimeout(() => { if (this.wanted) this.connect() }, wait)
  }

  // renew gives the server a fresh token on this connection. The next try after a failure comes
  // before the end of the token.
  async renew () {
    const { ws } = this
    try {
      const token = await this.tokens.ask()
      if (this.ws === ws) this.send({ type: 'control', event: 'auth', token })
    } catch (error) {
      this.emit('connection-error', [error])
    }
    if (this.ws === ws && this.connected) this.renewal = this.tokens.schedule(() => this.renew())
  }

  send (message) {
    if (this.ws?.readyState === 1) this.ws.send(this.codec.encode(message))
  }

  disconnect () {
    this.wanted = false
    this.attempt++
    clearTimeout(this.retryTimer)
    if (this.ws) this.drop(1000, 'disconnected')
    else if (this.connecting) this.ended({ status: 'disconnected' })
  }
}
