// A random edit of a client's document, in any shared type, root or nested.
import * as Y from 'yjs'
import * as values from './values.mjs'

/** The roots of every document here, and their types. */
export const roots = {
  text: Y.Text, array: Y.Array, map: Y.Map, default: Y.XmlFragment, element: Y.XmlElement, xmltext: Y.XmlText, '': Y.Array, 'ü😀': Y.Map
}

/** Defines all roots, as a client does when it opens a document. */
export const openRoots = doc => Object.entries(roots).map(([name, type]) => doc.get(name, type))

const tags = ['p', 'h1', 'Widget', 'blockquote', 'ü']

const subdocument = r => new Y.Doc({
  guid: values.text(r, 2),
  gc: r.chance(0.7),
  autoLoad: r.chance(0.3),
  meta: r.chance(0.3) ? values.any(r) : null
})

const xmlNode = r => r.weighted([
  [4, () => new Y.XmlElement(r.pick(tags))],
  [4, () => new Y.XmlText(r.chance(0.5) ? values.text(r) : undefined)],
  [1, () => new Y.XmlHook('hook')]
])

/** Makes a shared type. Some are filled before they are inserted. */
export const sharedType = r => r.weighted([
  [3, () => new Y.Text(values.text(r))],
  [2, () => Y.Array.from(Array.from({ length: r.below(4) }, () => values.element(r)))],
  [2, () => new Y.Map([[values.key(r), values.any(r)], [values.key(r), values.any(r)]])],
  [1, () => new Y.XmlFragment()],
  [2, () => xmlNode(r)]
])

const element = r => r.weighted([[8, () => values.element(r)], [2, () => sharedType(r)], [1, () => values.binary(r)], [1, () => subdocument(r)]])
const entry = r => r.weighted([[8, () => values.any(r)], [2, () => sharedType(r)], [1, () => subdocument(r)]])

const range = (r, length, most) => {
  const start = r.below(length)
  return [start, Math.min(r.between(1, most), length - start)]
}

/** Deletes a few elements mostly, and sometimes all. */
const remove = (r, type) => {
  if (type.length === 0) return
  const [start, length] = r.chance(0.1) ? [0, type.length] : range(r, type.length, 5)
  type.delete(start, length)
}

const typeOn = (r, type) => {
  for (let at = r.below(type.length + 1), n = r.between(2, 12); n > 0; n--) type.insert(at++, r.pick(['x', 'y', ' ']))
}

const insertEmbed = (r, type) => {
  const what = r.chance(0.7) ? { embed: values.json(r) } : sharedType(r)
  type.insertEmbed(r.below(type.length + 1), what, r.chance(0.3) ? values.attributes(r) : {})
}

const format = (r, type) => {
  if (type.length > 0) type.format(...range(r, type.length, 8), values.attributes(r))
}

const editText = (r, type) => r.weighted([
  [4, () => type.insert(r.below(type.length + 1), values.text(r))],
  [3, () => typeOn(r, type)],
  [2, () => type.insert(r.below(type.length + 1), values.text(r), values.attributes(r))],
  [1, () => insertEmbed(r, type)],
  [3, () => format(r, type)],
  [3, () => remove(r, type)],
  [0.5, () => type.setAttribute(values.key(r), values.attribute(r))],
  [0.2, () => type.removeAttribute(values.key(r))]
])

const editArray = (r, type) => r.weighted([
  [4, () => type.insert(r.below(type.length + 1), Array.from({ length: r.between(1, 4) }, () => element(r)))],
  [2, () => type.push([element(r)])],
  [2, () => remove(r, type)]
])

/** Sets one key several times, each in an update of its own. */
const count = (r, type) => {
  const key = values.key(r)
  for (let n = r.between(2, 5); n > 0; n--) type.set(key, values.any(r))
}

const editMap = (r, type) => r.weighted([
  [6, () => type.set(values.key(r), entry(r))],
  [1, () => count(r, type)],
  [2, () => type.delete(values.key(r))],
  [0.3, () => type.clear()]
])

const editFragment = (r, type) => r.weighted([
  [5, () => type.insert(r.below(type.length + 1), Array.from({ length: r.between(1, 2) }, () => xmlNode(r)))],
  [2, () => remove(r, type)]
])

const editElement = (r, type) => r.weighted([
  [3, () => editFragment(r, type)],
  [3, () => type.setAttribute(values.key(r), values.attribute(r))],
  [1, () => type.removeAttribute(values.key(r))]
])

const editors = new Map([
  [Y.Text, editText], [Y.XmlText, editText], [Y.Array, editArray], [Y.Map, editMap], [Y.XmlHook, editMap],
  [Y.XmlFragment, editFragment], [Y.XmlElement, editElement]
])

const children = type => {
  const inList = type instanceof Y.Map ? [] : type._start === null ? [] : listed(type)
  return inList.concat(type instanceof Y.Map ? [...type.values()] : []).filter(child => child instanceof Y.AbstractType)
}

const listed = type => {
  const out = []
  for (let item = type._start; item !== null; item = item.right) if (!item.deleted) out.push(...item.content.getContent())
  return out
}

/** Picks a shared type of the document, deeper ones with falling probability. */
const somewhere = (r, doc) => {
  let type = doc.share.get(r.pick(Object.keys(roots)))
  for (let below = children(type); below.length > 0 && r.chance(0.6); below = children(type)) type = r.pick(below)
  return type
}

export const edit = (r, doc) => {
  const type = somewhere(r, doc)
  editors.get(type.constructor)(r, type)
}
