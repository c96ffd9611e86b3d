// Documents as Yjs 14 stores them: text, and the other nodes of a line, are directly in its element.
import * as Y from '@y/y'

const ranks = ['link', 'em', 'strong', 'code']

const formatsOf = marks => Object.fromEntries((marks ?? []).map(({ type, attrs }) => [type, attrs ?? {}]))

const marksOf = formats => Object.entries(formats ?? {})
  .sort(([a], [b]) => ranks.indexOf(a) - ranks.indexOf(b))
  .map(([type, attrs]) => ({ type, attrs }))

/** Fills a type of a document as a binding does: the marks of each node become formats. */
const fill = (type, nodes) => {
  for (const node of nodes) {
    if (node.type === 'text') {
      type.insert(type.length, node.text, formatsOf(node.marks))
      continue
    }
    const element = new Y.Type(node.type)
    type.insert(type.length, [element], formatsOf(node.marks))
    for (const [key, value] of Object.entries(node.attrs ?? {})) if (value !== null) element.setAttr(key, value)
    fill(element, node.content ?? [])
  }
}

const wrapped = (nodes, wrap) => nodes.map(node => {
  const content = wrapped(node.content ?? [], wrap)
  const inLine = content.some(({ type }) => type === 'text')
  return { ...node, content: inLine && wrap() ? [{ type: null, content }] : content }
})

/** Makes a document of a tree. wrap returns, for each line, whether it is in a type without a name. */
export const store = (tree, wrap = () => false) => {
  const doc = new Y.Doc()
  doc.transact(() => fill(doc.get('default'), wrapped(tree.content ?? [], wrap)))
  return doc
}

const nodes = type => [...type.toDelta().children].flatMap(({ insert, format }) => {
  if (typeof insert === 'string') return [{ type: 'text', text: insert, marks: marksOf(format) }]
  return [...insert ?? []].flatMap(child => {
    if (typeof child === 'string') return [{ type: 'text', text: child, marks: marksOf(format) }]
    if (!(child instanceof Y.Type)) return []
    if (child.name == null) return nodes(child)
    const mayHaveMarks = child.name === 'image' || child.name === 'civicRef'
    return [{ type: child.name, attrs: Object.fromEntries(Object.entries(child.getAttrs()).sort(([a], [b]) => a < b ? -1 : 1)), content: nodes(child), marks: mayHaveMarks ? marksOf(format) : [] }]
  })
})

/** Joins neighbouring texts with the same marks. */
const joined = list => list.reduce((out, node) => {
  const last = out.at(-1)
  if (node.content) node.content = joined(node.content)
  if (node.type === 'text' && last?.type === 'text' && JSON.stringify(last.marks) === JSON.stringify(node.marks)) last.text += node.text
  else out.push(node)
  return out
}, [])

export const read = doc => ({ type: 'doc', content: joined(nodes(doc.get('default'))) })

export const load = update => {
  const doc = new Y.Doc()
  Y.applyUpdate(doc, update)
  return doc
}

export const apply = (doc, update) => {
  Y.applyUpdate(doc, update)
  if (doc.store.pendingStructs || doc.store.pendingDs) throw new Error('an update waits for something')
}

export const encode = doc => Y.encodeStateAsUpdate(doc)

/** Returns the first type that contains text. */
const textIn = type => {
  const children = [...type.toDelta().children]
  if (children.some(({ insert }) => typeof insert === 'string')) return type
  for (const child of children.flatMap(({ insert }) => [...insert])) {
    const found = child instanceof Y.Type && textIn(child)
    if (found) return found
  }
}

/**
 * Returns the state of a client that types in the middle of the first text, breaks its line there, and appends a
 * paragraph, a paragraph in a type without a name, and values.
 */
export const type = update => {
  const doc = load(update)
  const fragment = doc.get('default')
  const text = textIn(fragment)
  const middle = Math.floor((text?.length ?? 0) / 2)
  text?.insert(middle, 'typed')
  text?.insert(middle + 2, [new Y.Type('hard_break')])
  text?.delete(0, 1)
  const [held, paragraph, last] = [new Y.Type(), new Y.Type('paragraph'), new Y.Type('paragraph')]
  fragment.push([held])
  fragment.push(['a value', 7, { and: 'an object' }, 'another'])
  fragment.push([last])
  held.push([paragraph])
  paragraph.insert(0, 'held', { em: {} })
  last.insert(0, 'typed')
  return doc
}
