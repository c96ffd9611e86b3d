// The script of a page with only a provider of one version of y-websocket; the driver calls
// window.editor's methods.
import * as Y from 'yjs'
import { openProvider, plainText, typeInto } from './providers.mjs'
import { Waiters } from './waiters.mjs'

const conditions = {
  synced: ({ provider }, want) => provider.synced === want,
  shows: ({ provider }, text) => plainText(provider.doc).includes(text)
}

// Bare names no protocol, and is busy for some milliseconds after it connects, before it sends
// anything.
class Bare {
  constructor ({ version, url, room, token, busy }) {
    Object.assign(this, { busy, silent: 0, texts: 0, connects: 0, closes: [], problems: [] })
    this.doc = new Y.Doc()
    this.waiters = new Waiters(this, conditions)
    this.provider = openProvider(version, url, room, this.doc, { params: { token }, disableBc: true, WebSocketPolyfill: busySocket(this) })
    this.provider.on('sync', () => this.waiters.poke())
    this.doc.on('update', () => this.waiters.poke())
  }

  stayBusy () {
    const began = performance.now()
    do this.silent = performance.now() - began
    while (this.silent < this.busy)
  }

  wait ({ until, deadline }) { return this.waiters.until(until, deadline) }

  insert ({ text }) { typeInto(this.provider.doc, text) }

  status () {
    const { silent, texts, connects, closes, problems } = this
    return { synced: this.provider.synced, silent, texts, connects, closes, problems }
  }
}

const busySocket = page => class extends WebSocket {
  constructor (url) {
    super(url)
    this.addEventListener('open', () => {
      page.connects++
      page.stayBusy()
    })
    this.addEventListener('message', ({ data }) => { if (typeof data === 'string') page.texts++ })
    this.addEventListener('close', ({ code, reason }) => page.closes.push({ code, reason }))
  }
}

window.start = options => {
  window.editor = new Bare(options)
  window.addEventListener('error', ({ error, message }) => window.editor.problems.push(String(error?.stack ?? message)))
}
