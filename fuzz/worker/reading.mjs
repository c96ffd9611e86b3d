// The roots of a document as the view under test reads them, in the text form of canonical.mjs.
import { joined, show, Shown } from './canonical.mjs'

const number = bits => Buffer.from(bits, 'hex').readDoubleBE()

const object = members => {
  const out = {}
  for (const [key, node] of Object.entries(members)) {
    Object.defineProperty(out, key, { value: revive(node), enumerable: true, configurable: true, writable: true })
  }
  return out
}

const doc = ([guid, options]) => {
  const { gc = true, autoLoad = false, meta = null } = revive(options)
  return new Shown(`doc(${guid},${gc},${autoLoad},${show(meta)})`)
}

const isText = name => name === 'YText' || name === 'YXmlText'

const type = ([constructor, name, elements, entries]) => {
  const list = revive(elements)
  const pairs = Object.entries(revive(entries)).sort(([a], [b]) => a < b ? -1 : 1)
  return new Shown(`${constructor} ${name}(${show(isText(constructor) ? joined(list) : list)},${show(pairs)})`)
}

const kinds = {
  string: text => text, number, bigint: BigInt, bytes: text => Uint8Array.from(Buffer.from(text, 'base64')), object, doc, type, undefined: () => undefined
}

const revive = node => {
  if (Array.isArray(node)) return node.map(revive)
  if (node === null || typeof node !== 'object') return node
  const [[kind, value]] = Object.entries(node)
  return kinds[kind](value)
}

/** Returns the roots, a line each, in the order and form of contents. */
export const reading = blob => JSON.parse(Buffer.from(blob)).sort(([a], [b]) => a < b ? -1 : 1)
  .map(([name, type, json]) => [name, show(revive(type)), show(revive(json))].join(' | ')).join('\n')
