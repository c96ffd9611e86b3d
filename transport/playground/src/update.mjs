// Updates, state vectors and awareness of Yjs, in words.
import * as Y from 'yjs'
import { decodeAwareness } from './awareness.mjs'
import { t } from './strings.mjs'

const longest = 60 // characters of a text that are shown

const most = 200 // parts of an update that are listed

export const quote = text => t('quoted', { text: text.length > longest ? text.slice(0, longest) + '…' : text })

const typeNames = [[Y.XmlElement, 'xmlelement'], [Y.XmlText, 'xmltext'], [Y.XmlFragment, 'xmlfragment'], [Y.Text, 'text'], [Y.Array, 'array'], [Y.Map, 'map']]

const typeWords = type => {
  const [, name] = typeNames.find(([kind]) => type instanceof kind) ?? [null, 'other']
  return name === 'xmlelement' ? `<${type.nodeName}>` : t(`type.${name}`)
}

const value = any => {
  const text = JSON.stringify(any) ?? String(any)
  return text.length > longest ? text.slice(0, longest) + '…' : text
}

// inserted returns what an item has, in words.
const inserted = content => {
  if (content instanceof Y.ContentString) return quote(content.str)
  if (content instanceof Y.ContentType) return typeWords(content.type)
  if (content instanceof Y.ContentAny || content instanceof Y.ContentJSON) return content.arr.map(value).join(', ')
  if (content instanceof Y.ContentEmbed) return value(content.embed)
  if (content instanceof Y.ContentBinary) return t('content.bytes', { count: content.content.length })
  return t('content.other')
}

const place = (client, clock, names) => t('place', { client: names(client), clock })

// where returns the place of an item: after its left neighbour, before its right one, or in its parent.
const where = ({ origin, rightOrigin, parent }, names) => {
  if (origin) return t('after', { place: place(origin.client, origin.clock, names) })
  if (rightOrigin) return t('before', { place: place(rightOrigin.client, rightOrigin.clock, names) })
  if (typeof parent === 'string') return t('in', { place: quote(parent) })
  return parent ? t('in', { place: place(parent.client, parent.clock, names) }) : ''
}

const itemWords = (item, names) => {
  const { content, parentSub } = item
  if (content instanceof Y.ContentDeleted) return t('item.deleted', { count: item.length, where: where(item, names) })
  if (content instanceof Y.ContentFormat) {
    const key = content.value === null ? 'item.unformat' : 'item.format'
    return t(key, { format: content.key, where: where(item, names) })
  }
  if (parentSub) return t('item.attribute', { name: quote(parentSub), value: inserted(content) })
  return t('item.inserts', { content: inserted(content), where: where(item, names) })
}

// joined makes one item of texts that follow each other, as a person types them.
const joined = structs => {
  const items = []
  for (const struct of structs) {
    const last = items.at(-1)
    const follows = last?.text !== undefined && struct.content instanceof Y.ContentString && struct.origin &&
      struct.id.client === last.struct.id.client && Y.compareIDs(struct.origin, Y.createID(struct.id.client, struct.id.clock - 1)) &&
      last.end === struct.id.clock
    if (follows) Object.assign(last, { text: last.text + struct.content.str, end: struct.id.clock + struct.length })
    else items.push({ struct, text: struct.content instanceof Y.ContentString ? struct.content.str : undefined, end: struct.id.clock + struct.length })
  }
  return items
}

const structWords = ({ struct, text }, names) => {
  if (text !== undefined && !struct.parentSub) return t('item.inserts', { content: quote(text), where: where(struct, names) })
  if (struct instanceof Y.Item) return itemWords(struct, names)
  return t(struct instanceof Y.GC ? 'item.gc' : 'item.skip', { count: struct.length })
}

// describeUpdate returns the words of an update in one line, and a line for each of its parts. names
// returns the name of a client.
export const describeUpdate = (update, names) => {
  const { structs, ds } = Y.decodeUpdate(update)
  const items = joined(structs)
  const listed = items.slice(0, most)
  const inserts = listed.map(item => structWords(item, names))
  const deletions = [...ds.clients].map(([client, ranges]) => ({ client, count: ranges.reduce((sum, { len }) => sum + len, 0), ranges }))
  const lines = listed.map(({ struct }, i) => `${place(struct.id.client, struct.id.clock, names)}: ${inserts[i]}`)
  if (items.length > most) lines.push(t('lines.more', { count: items.length - most }))
  const deletedRanges = deletions.flatMap(({ client, ranges }) => ranges.map(range => ({ client, ...range })))
  for (const { client, clock, len } of deletedRanges.slice(0, most)) {
    lines.push(t('deletes.range', { place: place(client, clock, names), count: len }))
  }
  if (deletedRanges.length > most) lines.push(t('lines.more', { count: deletedRanges.length - most }))
  const deleted = deletions.reduce((sum, { count }) => sum + count, 0)
  const words = inserts.slice(0, 2)
  if (items.length > 2) words.push(t('more', { count: items.length - 2 }))
  if (deleted > 0) words.push(t('deletes', { count: deleted }))
  return { words: words.join(', ') || t('nothing'), lines }
}

// describeState does so for a state vector.
export const describeState = (bytes, names) => {
  const clients = [...Y.decodeStateVector(bytes)]
  const clocks = clients.reduce((sum, [, clock]) => sum + clock, 0)
  const lines = clients.map(([client, clock]) => t('state.client', { client: names(client), clock }))
  return { words: clients.length === 0 ? t('state.empty') : t('state', { count: clients.length, clocks }), lines }
}

// describeAwareness does so for awareness.
export const describeAwareness = (bytes, names) => {
  const lines = decodeAwareness(bytes).map(({ client, state }) => {
    const name = typeof state?.user?.name === 'string' ? state.user.name : names(client)
    if (state === null) return t('awareness.left', { name })
    return t(state.cursor ? 'awareness.caret' : 'awareness.here', { name, where: state.cursor ? caretWords(state.cursor, names) : '' })
  })
  const words = lines.slice(0, 2)
  if (lines.length > 2) words.push(t('more', { count: lines.length - 2 }))
  return { words: words.join('; ') || t('awareness.none'), lines }
}

// describeCursor returns the words of a cursor alone; null is none. A client may send anything.
export const describeCursor = (cursor, names) => {
  if (!cursor) return t('cursor.none')
  return caretWords(cursor, names) || t('content.other')
}

// caretWords returns where a caret is, of a relative position as Yjs writes it.
const caretWords = ({ head }, names) => {
  if (head?.item) return t(head.assoc < 0 ? 'after' : 'before', { place: place(head.item.client, head.item.clock, names) })
  if (head?.tname) return t('atend', { place: quote(head.tname) })
  return head?.type ? t('atend.type', { place: place(head.type.client, head.type.clock, names) }) : ''
}
