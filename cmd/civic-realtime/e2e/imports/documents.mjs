// Documents of all kinds, and their states as the tests expect them.
import { writeFileSync } from 'node:fs'
import * as Y from 'yjs'

// fillers make a document each, by several transactions, so by several updates.
const fillers = {
  text (doc) {
    const text = doc.getText('text')
    text.insert(0, 'The council may close a street to traffic.')
    text.delete(4, 8)
    text.insert(4, 'mayor ')
    text.format(0, 3, { bold: true })
    text.insertEmbed(2, { image: 'map.png' })
  },
  xml (doc) {
    const fragment = doc.getXmlFragment('default')
    const paragraph = new Y.XmlElement('paragraph')
    fragment.push([paragraph])
    paragraph.push([new Y.XmlText('Streets that are closed'), new Y.XmlElement('image')])
    paragraph.setAttribute('align', 'left')
    fragment.insert(0, [new Y.XmlElement('heading')])
    fragment.delete(0, 1)
  },
  map (doc) {
    const map = doc.getMap('map')
    map.set('number', 1.5)
    map.set('number', 2)
    map.set('bytes', new Uint8Array([1, 2, 3]))
    map.set('gone', true)
    map.delete('gone')
    const list = new Y.Array()
    map.set('list', list)
    list.push([1, null, 'two', { three: [4] }])
    const inner = new Y.Map()
    list.push([inner])
    inner.set('deep', new Y.Text('as it gets'))
    list.delete(1, 1)
  },
  subdocuments (doc) {
    const folder = doc.getMap('folder')
    const child = new Y.Doc({ guid: 'a-child', meta: { title: 'Annex' } })
    folder.set('annex', child)
    child.getText('text').insert(0, 'is not stored with the parent')
  },
  long (doc) {
    const text = doc.getText('text')
    for (let i = 0; i < 40; i++) text.insert(text.length / 2 | 0, noise(40_000, i))
    text.delete(100_000, 50_000)
  },
  typed (doc) { // more updates than y-leveldb keeps apart
    const text = doc.getText('text')
    for (let i = 0; i < 700; i++) text.insert(text.length, String.fromCharCode(97 + i % 26))
    for (let i = 0; i < 100; i++) text.delete(i, 1)
  }
}

// noise returns text that does not compress well.
const noise = (length, seed) => {
  let s = ''
  for (let x = seed + 1; s.length < length;) s += (x = x * 16807 % 2147483647).toString(36)
  return s.slice(0, length)
}

// catalogue lists the documents of a store: one of each kind, some with names of other forms, and
// many short ones.
export const catalogue = many => [
  ...Object.entries(fillers).map(([name, fill]) => ({ name, fill })),
  { name: 'budget 2026', fill: fillers.text },
  { name: 'Straßen–街道', fill: fillers.map },
  { name: 'a%b', fill: fillers.text, unencoded: true },
  { name: 'team/notes', fill: fillers.text },
  { name: '', fill: fillers.map },
  ...Array.from({ length: many }, (_, i) => ({ name: `many-${i}`, fill: doc => doc.getText('text').insert(0, `document ${i}`) }))
]

// expect writes the states that the documents of a store have, by their names.
export const expect = (file, docs) => {
  writeFileSync(file, JSON.stringify([...docs].map(([name, doc]) => ({
    name, state: Buffer.from(Y.encodeStateAsUpdate(doc)).toString('base64')
  }))))
}

// same throws unless two documents have the same content, deletions included.
export const same = (name, a, b) => {
  const problem =
    !equal(a.toJSON(), b.toJSON())
      ? 'the texts differ'
      : !Y.equalSnapshots(Y.snapshot(a), Y.snapshot(b)) ? 'the structs or deletions differ' : null
  if (problem) throw new Error(`${JSON.stringify(name)}: ${problem}: ${show(a)} / ${show(b)}`)
}

const show = doc => JSON.stringify(sorted(doc.toJSON())).slice(0, 300)

const equal = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b))

// sorted sorts the members of objects, as Yjs keeps them in the order in which updates came. Of
// subdocuments it returns what their parent knows.
const sorted = value => {
  if (value instanceof Y.Doc) return { guid: value.guid, meta: value.meta }
  if (Array.isArray(value)) return value.map(sorted)
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(Object.keys(value).sort().map(key => [key, sorted(value[key])]))
}

// typed gives a document its root types, so that toJSON shows them.
export const typed = doc => {
  doc.getText('text')
  doc.getXmlFragment('default')
  doc.getMap('map')
  doc.getMap('folder')
  return doc
}
