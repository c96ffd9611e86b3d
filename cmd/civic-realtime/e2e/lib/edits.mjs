// Random edits of everything in a record: a Y.Text, the XmlFragment `default` that rich-text
// editors use, and a Y.Map. Together they write every kind of content that Yjs 13 can write.
import * as Y from 'yjs'

const marks = ['bold', 'italic', 'link']
const keys = ['a', 'b', 'c', 'd']

export const randomEdit = (doc, random) => {
  const edit = random.pick([editText, editText, editXml, editXml, editMap])
  doc.transact(() => edit(doc, random))
}

// oneOfEach writes content of each kind that a test may require, as random edits may have deleted
// all of it.
export const oneOfEach = doc => {
  doc.transact(() => {
    doc.getText('text').insert(0, 'kept', { bold: true })
    doc.getText('text').insertEmbed(0, { image: 'kept' })
    const paragraph = new Y.XmlElement('paragraph')
    doc.getXmlFragment('default').insert(0, [paragraph])
    paragraph.setAttribute('kept', 'kept')
    paragraph.insert(0, [new Y.XmlElement('heading')])
    doc.getMap('map').set('kept', 'kept')
  })
}

const editText = (doc, random) => editRichText(doc.getText('text'), random)

const editRichText = (text, random) => {
  const at = between(text, random.below(text.length + 1))
  const span = between(text, Math.min(at + random.below(6), text.length)) - at
  switch (random.below(8)) {
    case 0: case 1:
      if (span > 0) text.delete(at, span)
      return
    case 2:
      if (span > 0) text.format(at, span, { [random.pick(marks)]: random.chance(0.6) ? { v: random.word() } : null })
      return
    case 3:
      text.insertEmbed(at, { image: random.word() })
      return
    case 4:
      text.insert(at, random.word(), { [random.pick(marks)]: true })
      return
    default:
      text.insert(at, random.word())
  }
}

// between moves a position out of a surrogate pair: no editor splits one, and Yjs does not converge
// on the halves.
const between = (text, at) => {
  const flat = text.toDelta().map(({ insert }) => typeof insert === 'string' ? insert : ' ').join('')
  return /[\udc00-\udfff]/.test(flat[at] ?? '') ? at + 1 : at
}

const editXml = (doc, random) => {
  const parent = randomParent(doc.getXmlFragment('default'), random)
  const at = random.below(parent.length + 1)
  switch (random.below(8)) {
    case 0:
      if (at < parent.length) parent.delete(at, 1)
      return
    case 1:
      if (parent instanceof Y.XmlElement) parent.setAttribute(random.pick(keys), random.word())
      return
    case 2:
      if (parent instanceof Y.XmlElement) parent.removeAttribute(random.pick(keys))
      return
    case 3: case 4:
      parent.insert(at, [new Y.XmlElement(random.pick(['heading', 'paragraph', 'bulletList', 'listItem']))])
      return
    default: {
      const text = parent.toArray().find(child => child instanceof Y.XmlText)
      if (text && random.chance(0.8)) editRichText(text, random)
      else parent.insert(at, [new Y.XmlText(random.word())])
    }
  }
}

const randomParent = (fragment, random) => {
  let parent = fragment
  for (;;) {
    const elements = parent.toArray().filter(child => child instanceof Y.XmlElement)
    if (elements.length === 0 || random.chance(0.3)) return parent
    parent = random.pick(elements)
  }
}

const editMap = (doc, random) => {
  const map = doc.getMap('map')
  const key = random.pick(keys)
  const nested = map.get(key)
  if (nested instanceof Y.Map && random.chance(0.7)) nested.set(random.pick(keys), random.word())
  else if (nested instanceof Y.Array && random.chance(0.7)) editArray(nested, random)
  else if (random.chance(0.25)) map.delete(key)
  else map.set(key, randomValue(random))
}

const editArray = (array, random) => {
  if (array.length > 0 && random.chance(0.4)) array.delete(random.below(array.length), 1)
  else array.insert(random.below(array.length + 1), [randomValue(random), random.below(1000)])
}

const randomValue = random => random.pick([
  () => random.word(),
  () => random.below(2 ** 31) - 2 ** 30,
  () => random.unit(),
  () => null,
  () => random.chance(0.5),
  () => [BigInt(random.below(1000)), -0],
  () => ({ nested: [random.word(), { deeper: random.below(10) }] }),
  () => random.bytes(random.below(20)),
  () => new Y.Map([[random.pick(keys), random.word()]]),
  () => Y.Array.from([random.word()]),
  () => new Y.Text(random.word()),
  () => new Y.Doc({ guid: `sub-${random.below(1000)}` })
])()
