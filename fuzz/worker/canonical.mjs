// The content of a document as an application reads it, as strings that are equal for equal documents.
import * as Y from 'yjs'
import { openRoots } from './edits.mjs'

/** A value that is shown as the given text. */
export class Shown {
  constructor (text) { this.text = text }
}

/** Returns any value as text. Unlike JSON it distinguishes -0, NaN, undefined, bigints, bytes and subdocuments. */
export const show = value => {
  if (value instanceof Shown) return value.text
  if (value instanceof Uint8Array) return `bytes(${value})`
  if (value instanceof Y.Doc) return `doc(${value.guid},${value.gc},${value.autoLoad},${show(value.meta)})`
  if (value instanceof Y.AbstractType) return showType(value)
  if (Array.isArray(value)) return `[${value.map(show)}]`
  if (typeof value === 'object' && value !== null) return showObject(value)
  if (typeof value === 'string') return JSON.stringify(value)
  return Object.is(value, -0) ? '-0' : typeof value === 'bigint' ? `${value}n` : String(value)
}

const showObject = value => `{${Object.keys(value).sort().map(key => `${JSON.stringify(key)}:${show(value[key])}`)}}`

const byKey = ([a], [b]) => a < b ? -1 : 1

const entries = type => [...type._map].filter(([, item]) => !item.deleted)
  .map(([key, item]) => [key, item.content.getContent()[item.length - 1]]).sort(byKey)

const elements = type => {
  const out = []
  for (let item = type._start; item !== null; item = item.right) {
    if (item.countable && !item.deleted) out.push(...item.content.getContent())
  }
  return out
}

const sameMarks = (a, b) => show(a ?? {}) === show(b ?? {})

/** Joins adjacent text with equal marks: where operations are cut has no meaning. */
export const joined = delta => delta.reduce((out, op) => {
  const last = out.at(-1)
  const text = typeof op.insert === 'string' && typeof last?.insert === 'string'
  if (text && sameMarks(op.attributes, last.attributes)) last.insert += op.insert
  else out.push({ ...op })
  return out
}, [])

const showType = type => {
  const name = type.nodeName ?? type.hookName ?? ''
  const list = type instanceof Y.Text ? joined(type.toDelta()) : elements(type)
  return `${type.constructor.name} ${name}(${show(list)},${show(entries(type))})`
}

/** Values that an application cannot read (an object without a prototype in an attribute, say) must fail alike. */
const attempt = read => { try { return read() } catch (error) { return `throws ${error.message}` } }

const readRoot = ([name, type]) => [name, attempt(() => showType(type)), attempt(() => show(type.toJSON()))]

/**
 * Reports whether a root is in use. Yjs makes a root for every name that it reads, even if it integrates nothing in
 * it.
 */
const isUsed = ([, type]) => type.constructor !== Y.AbstractType || type._start !== null || type._map.size > 0

/** Returns every root as an application reads it, a line each. */
export const contents = doc => {
  openRoots(doc)
  return [...doc.share].filter(isUsed).sort(byKey).map(root => readRoot(root).join(' | ')).join('\n')
}

export const stateVector = doc => [...Y.decodeStateVector(Y.encodeStateVector(doc))].sort(([a], [b]) => a - b).map(entry => entry.join(':')).join(' ')
