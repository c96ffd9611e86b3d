// The content of a document, read from its items, in the same form for Yjs 13 and 14: their types read
// differently, but their items do not. The string is equal for equal documents.


/** Replaces half surrogate pairs, which JSON can have in escapes, with U+FFFD, as V2 does. */
const whole = text => text.replace(/[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g, '\ufffd')

/** Returns any value as text, with every own key, and with a mark if its prototype is not that of objects. */
export const plain = value => {
  if (value instanceof Uint8Array) return `bytes(${Array.from(value)})`
  if (Array.isArray(value)) return `[${value.map(plain)}]`
  if (typeof value === 'object' && value !== null) return plainObject(value)
  if (typeof value === 'string') return JSON.stringify(whole(value))
  return typeof value === 'bigint' ? `${value}n` : String(value) // -0 is 0 here: JSON writes it so
}

const plainObject = value => {
  const own = Object.getPrototypeOf(value) === Object.prototype ? '' : 'of another kind'
  return `${own}{${Object.keys(value).sort().map(key => `${plain(key)}:${plain(value[key])}`)}}`
}

const subdocument = ({ guid, gc, autoLoad, meta }) => `doc(${plain(guid)},${plain(gc)},${plain(autoLoad)},${plain(meta)})`

/** The type refs of shared types. */
const refs = { YArray: 0, YMap: 1, YText: 2, YXmlElement: 3, YXmlFragment: 4, YXmlHook: 5, YXmlText: 6 }
const typeRef = type => type._legacyTypeRef ?? refs[type.constructor.name]
const typeName = type => type._legacyTypeRef === undefined ? type.nodeName ?? type.hookName : type.name

const values = content => content.getContent().map(plain)

/** Returns the content of an item: [kind, values]. Neighbours of a kind with several values are joined. */
const held = ({ content }) => {
  switch (content.getRef()) {
    case 2: case 8: return ['list', values(content)]
    case 4: return ['text', [JSON.stringify(content.str).slice(1, -1)]]
    case 6: return ['format', [JSON.stringify(content.key), plain(content.value)]]
    case 7: return ['type', [nested(content.type)]]
    case 9: return ['doc', [subdocument(content.doc)]]
    default: return [`content ${content.getRef()}`, values(content)]
  }
}

const joins = kind => kind === 'list' || kind === 'text'

const list = type => {
  const out = []
  for (let item = type._start; item !== null; item = item.right) {
    if (item.deleted) continue
    const [kind, values] = held(item)
    const last = out.at(-1)
    if (joins(kind) && last?.[0] === kind) last[1].push(...values)
    else out.push([kind, values])
  }
  return out.map(([kind, values]) => `${kind}(${values.join(kind === 'text' ? '' : ',')})`).join(' ')
}

/** Returns the value of a map key, which is the last value of its item. */
const last = item => {
  const [kind, values] = held(item)
  return `${kind}(${kind === 'text' ? item.content.str.at(-1) : kind === 'format' ? values : values.at(-1)})`
}

const entries = type => [...type._map].filter(([, item]) => !item.deleted)
  .map(([key, item]) => `${JSON.stringify(key)}=${last(item)}`).sort().join(' ')

const body = type => `${list(type)} | ${entries(type)}`

const nested = type => `${typeRef(type)} ${plain(typeName(type) ?? null)} {${body(type)}}`

const isUsed = ([, type]) => type._start !== null || type._map.size > 0

/** Returns every root, a line each. */
export const texture = doc => [...doc.share].filter(isUsed).map(([name, type]) => `${JSON.stringify(name)}: ${body(type)}`).sort().join('\n')
