// Plays sessions of real Yjs clients, each of one user, and prints what each user wrote and deleted.
// Usage: node authorship.mjs SEED SESSIONS
// Prints an array of sessions:
//   events    [{user, update}] in the order in which the server gets them; update in base64
//   versions  [{after, shown}]: what the server's document shows after so many events, by root
//   writers   by root: the users of the units that are shown last, in order; blocks and keys likewise
//   deleted   [[client, clock, length, user]]: who deleted what first
import * as Y from 'yjs'

const [first, sessions] = process.argv.slice(2).map(Number)

function generator (seed) {
  let state = seed * 2654435761 >>> 0 || 1
  return n => { state ^= state << 13; state >>>= 0; state ^= state >>> 17; state ^= state << 5; state >>>= 0; return state % n }
}

const roots = { text: Y.Text, xml: Y.XmlFragment, map: Y.Map, array: Y.Array }
const words = ['a', 'bc', 'tree', '😀', 'ö ', '\n']

function editText (text, random) {
  const at = random(text.length + 1)
  switch (random(5)) {
    case 0: if (text.length > at) text.delete(at, Math.min(text.length - at, 1 + random(4))); break
    case 1: if (text.length > at) text.format(at, Math.min(text.length - at, 1 + random(5)), { [['bold', 'link'][random(2)]]: [true, 'u', null][random(3)] }); break
    case 2: text.insertEmbed(at, { image: random(9) }); break
    default: text.insert(at, words[random(words.length)])
  }
}

function editMap (map, random) {
  const key = 'k' + random(3)
  switch (random(4)) {
    case 0: map.delete(key); break
    case 1: { const text = new Y.Text(); text.insert(0, 'in'); map.set(key, text); break }
    default: if (map.get(key) instanceof Y.Text) editText(map.get(key), random); else map.set(key, words[random(words.length)])
  }
}

function editXml (xml, random, depth) {
  const inner = xml.toArray()
  if (inner.length > 0 && random(4) > 0) {
    const child = inner[random(inner.length)]
    if (child instanceof Y.XmlText) editText(child, random)
    else if (random(4) === 0) child.setAttribute('k' + random(2), words[random(words.length)])
    else editXml(child, random, depth + 1)
  } else if (inner.length > 0 && random(4) === 0) {
    xml.delete(random(inner.length), 1)
  } else if (depth > 2 || random(3) === 0) {
    const text = new Y.XmlText()
    text.insert(0, 'Hi')
    xml.insert(random(inner.length + 1), [text])
  } else {
    xml.insert(random(inner.length + 1), [new Y.XmlElement(random(2) ? 'p' : 'li')])
  }
}

function editArray (array, random) {
  const at = random(array.length + 1)
  if (random(3) === 0 && array.length > at) array.delete(at, 1)
  else array.insert(at, Array.from({ length: 1 + random(3) }, () => random(5)))
}

function edit (doc, random) {
  doc.transact(() => {
    switch (random(8)) {
      case 0: case 1: case 2: editText(doc.getText('text'), random); break
      case 3: case 4: case 5: editXml(doc.getXmlFragment('xml'), random, 0); break
      case 6: editArray(doc.getArray('array'), random); break
      default: editMap(doc.getMap('map'), random)
    }
  })
}

const kindOf = type => type instanceof Y.XmlText ? 'xml-text' : type instanceof Y.Text ? 'text' : type instanceof Y.Map ? 'map' : 'element' + type.nodeName

const inUnits = s => Array.from({ length: s.length }, (_, i) => s.charCodeAt(i).toString(16) + '.')

const attributes = all => {
  const keys = Object.keys(all ?? {}).sort()
  return keys.length ? 'map[' + keys.map(k => k + ':' + JSON.stringify(all[k])).join(' ') + ']' : ''
}

const value = v => v instanceof Y.AbstractType ? shown(v, kindOf(v)) : '<' + JSON.stringify(v) + '>'

// Returns what a type shows, in the form of the test in Go.
function shown (type, kind) {
  let list = []
  if (type instanceof Y.Text) {
    for (const op of type.toDelta()) {
      const units = typeof op.insert === 'string' ? inUnits(op.insert) : [value(op.insert)]
      list.push(...units.map(u => u + attributes(op.attributes)))
    }
  } else if (!(type instanceof Y.Map)) list = type.toArray().map(value)
  const entries = type instanceof Y.Map ? type.toJSON() && Object.fromEntries(type.entries()) : type instanceof Y.XmlElement ? type.getAttributes() : {}
  return kind + '[' + list.join('') + ']{' + Object.keys(entries).sort().map(k => k + ':' + value(entries[k])).join('') + '}'
}

// Appends the users of what a type shows: of its list, and behind a block those of what is in it;
// then of its keys.
function writers (type, users, all) {
  for (let item = type._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue
    for (let i = 0; i < item.length; i++) all.push(users.get(item.id.client))
    if (item.content.type) writers(item.content.type, users, all)
  }
  for (const key of [...type._map.keys()].sort()) {
    const item = type._map.get(key)
    if (item.deleted) continue
    all.push(users.get(item.id.client))
    if (item.content.type) writers(item.content.type, users, all)
  }
  return all
}

function play (seed) {
  const random = generator(seed)
  const users = new Map()
  const server = new Y.Doc()
  for (const name in roots) server.get(name, roots[name])
  const clients = ['ann', 'ben', 'cleo'].map((user, i) => {
    const doc = new Y.Doc()
    doc.clientID = 1000 + i * 7 + random(5)
    users.set(doc.clientID, user)
    const outbox = []
    doc.on('update', (update, origin) => { if (origin !== 'server') outbox.push(update) })
    return { user, doc, outbox }
  })
  const events = []; const versions = []; const deleted = []
  const known = new Set()
  let own = [] // formats that the server's document removes by itself, as they have no effect
  server.on('update', (update, origin, doc, transaction) => { if (transaction.local) own.push(update) })
  const deliver = c => {
    const update = c.outbox.shift()
    own = []
    Y.applyUpdate(server, update)
    received(c.user, update)
    own.forEach(update => received('server', update))
  }
  const received = (user, update) => {
    events.push({ user, update: Buffer.from(update).toString('base64') })
    Y.decodeUpdate(update).ds.clients.forEach((ranges, client) => ranges.forEach(r => {
      for (let clock = r.clock; clock < r.clock + r.len; clock++) {
        if (!known.has(client + ' ' + clock)) { known.add(client + ' ' + clock); deleted.push([client, clock, 1, user]) }
      }
    }))
  }
  const version = () => versions.push({
    after: events.length,
    shown: Object.fromEntries(Object.keys(roots).map(name => [name, shown(server.share.get(name), '')]))
  })
  for (let n = 10 + random(40); n > 0; n--) {
    const c = clients[random(3)]
    switch (random(8)) {
      case 0: case 1: case 2: case 3: edit(c.doc, random); break
      case 4: case 5: if (c.outbox.length) deliver(c); break
      case 6: Y.applyUpdate(c.doc, Y.encodeStateAsUpdate(server, Y.encodeStateVector(c.doc)), 'server'); break
      default: version()
    }
  }
  for (const c of clients) while (c.outbox.length) deliver(c)
  version()
  return { events, versions, deleted, writers: Object.fromEntries(Object.keys(roots).map(name => [name, writers(server.share.get(name), users, [])])) }
}

console.log(JSON.stringify(Array.from({ length: sessions }, (_, i) => play(first + i))))
