// civicpress.v1.json: text frames, with bytes in base64.
import { Client } from './client.mjs'

const bytes = ['update', 'stateVector', 'yjsState', 'awareness']

const toBase64 = (key, value) => value instanceof Uint8Array ? btoa(Array.from(value, byte => String.fromCharCode(byte)).join('')) : value

const fromBase64 = (key, value) =>
  bytes.includes(key) ? Uint8Array.from(atob(value), char => char.charCodeAt(0)) : value

export class JSONClient extends Client {
  constructor (url, record, doc, options) {
    super(url, record, doc, { ...options, protocol: 'civicpress.v1.json' })
  }

  encode (message) { return JSON.stringify(message, toBase64) }

  decode (text) { return JSON.parse(text, fromBase64) }
}
