// Samples and events, as they come. Listeners of one address share its stream, which ends with the
// last of them, and while the page is hidden.
import { session, withQuery, get } from './api.js'

// kinds are those of events. The stream names each event after its kind.
export const kinds = ['joined', 'left', 'refused', 'closed', 'disconnected', 'limited', 'denied', 'suspicious', 'failed',
  'access_changed', 'session_ended', 'locked', 'unlocked', 'kicked', 'noticed', 'evicted', 'saved', 'restored',
  'version_created', 'deleted', 'undeleted', 'banned', 'unbanned', 'draining']

const longestWait = 10_000 // milliseconds between attempts after a refused one, at most
const silence = 8000 // milliseconds without a sample after which the stream counts as lost

const streams = new Map() // by address

class Stream {
  constructor (address, names, silence) {
    Object.assign(this, { address, names, silence, listeners: new Set(), watchers: new Set(), state: 'connecting', wait: 1000 })
  }

  open () {
    if (this.source || document.hidden || this.listeners.size === 0) return
    this.source = new EventSource(this.address)
    this.source.onopen = () => {
      this.wait = 1000
      this.become('live')
    }
    this.source.onerror = () => this.failed()
    const take = ({ type, data }) => this.take(type, data)
    for (const name of this.names) this.source.addEventListener(name, take)
    this.expect()
  }

  take (name, data) {
    this.expect()
    this.become('live')
    const value = JSON.parse(data)
    for (const listener of this.listeners) listener(value, name)
  }

  // expect notices that nothing comes, which the browser does not if the server hangs, or the
  // network has gone without a word.
  expect () {
    clearTimeout(this.timer)
    if (!this.silence) return
    this.timer = setTimeout(() => {
      this.become('lost')
      this.close()
      this.open()
    }, this.silence)
  }

  // failed waits before the next attempt if the server has refused the stream; the browser tries
  // again by itself if the connection was lost.
  failed () {
    this.become('lost')
    if (this.source?.readyState !== EventSource.CLOSED) return
    this.close()
    get('/console/session').then(s => { if (!s.signed_in) session.dispatchEvent(new Event('ended')) }, () => {})
    this.timer = setTimeout(() => this.open(), this.wait)
    this.wait = Math.min(2 * this.wait, longestWait)
  }

  close () {
    clearTimeout(this.timer)
    this.source?.close()
    this.source = null
  }

  become (state) {
    if (state === this.state) return
    this.state = state
    for (const watcher of this.watchers) watcher(state)
  }
}

document.addEventListener('visibilitychange', () => {
  for (const stream of streams.values()) {
    if (document.hidden) {
      stream.close()
      stream.become('paused')
    } else stream.open()
  }
})

const listen = (address, { names, silence }, listener, watcher, signal) => {
  if (signal.aborted) return
  const stream = streams.get(address) ?? new Stream(address, names, silence)
  streams.set(address, stream)
  stream.listeners.add(listener)
  if (watcher) stream.watchers.add(watcher)
  watcher?.(stream.state)
  stream.open()
  signal.addEventListener('abort', () => {
    stream.listeners.delete(listener)
    stream.watchers.delete(watcher)
    if (stream.listeners.size > 0) return
    stream.close()
    streams.delete(address)
  })
}

// onSample calls f with each sample of the server, at once and then every 2 s, until the signal.
// onState, if there is one, is called with the stream's state and each other one: connecting, live,
// lost, or paused while the page is hidden.
export const onSample = (f, signal, onState) => listen('/v1/live', { names: ['sample'], silence }, f, onState, signal)

// onEvent calls f with each event and the name that it was sent by: its kind, or "lost", "partial".
// The query has kinds (with commas between), room and user.
export const onEvent = (f, signal, query, onState) =>
  listen(withQuery('/v1/events', query), { names: [...kinds, 'lost', 'partial'] }, f, onState, signal)

// inFrame returns a function that calls f once in the next frame, however often it is called.
export const inFrame = f => {
  let asked = false
  return () => {
    if (asked) return
    asked = true
    requestAnimationFrame(() => {
      asked = false
      f()
    })
  }
}
