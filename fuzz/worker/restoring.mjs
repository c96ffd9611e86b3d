// Plays sessions of real Yjs clients around the restoration of a version. Usage:
//   node restoring.mjs play SEED SESSIONS          prints the sessions, updates in base64:
//       then  the document's state when the version was kept
//       now   its state when the version is restored
//   node restoring.mjs check SEED SESSIONS EDITS   EDITS is a file with the edit of each session, null for none
//       prints of each session {problems, kept, copied, survived}: what is wrong, and how many units of the document stayed
//       and were copied, and how many of the words that were written meanwhile are there
// While the version is restored each client writes words of its own, which it has not sent yet.
import * as Y from 'yjs'
import fs from 'node:fs'
import { Random } from './random.mjs'

const [mode, first, sessions, editsPath] = process.argv.slice(2)

const roots = { text: Y.Text, xml: Y.XmlFragment, map: Y.Map, array: Y.Array }
const words = ['a', 'bc', 'tree', '😀', 'ö ', '\n']

const rooted = doc => { for (const name in roots) doc.get(name, roots[name]); return doc }

function text (random, kind = Y.Text) {
  const t = new kind()
  t.insert(0, random.pick(words), random.chance(0.3) ? { bold: true } : {})
  return t
}

function value (random, depth) {
  const nested = depth < 3
    ? [() => text(random), () => new Y.Map([['k0', value(random, depth + 1)]]), () => Y.Array.from([value(random, depth + 1), 1])]
    : []
  return random.pick([
    () => random.pick(words), () => random.below(9), () => null, () => ({ a: [random.below(3)] }), () => new Uint8Array([random.below(9)]),
    () => new Y.Doc({ guid: 'doc-' + random.below(1000), meta: { n: random.below(9) } }), ...nested, ...nested
  ])()
}

function editText (t, random) {
  const at = random.below(t.length + 1)
  const left = t.length - at
  random.weighted([
    [3, () => left && t.delete(at, Math.min(left, random.between(1, 4)))],
    [3, () => left && t.format(at, Math.min(left, random.between(1, 5)), { [random.pick(['bold', 'link'])]: random.pick([true, 'u', null]) })],
    [1, () => t.insertEmbed(at, { image: random.below(9) }, random.chance(0.5) ? { width: 3 } : {})],
    [1, () => t.insertEmbed(at, random.chance(0.5) ? new Y.Map([['k', 1]]) : new Y.XmlElement('img'))],
    [7, () => t.insert(at, random.pick(words), random.chance(0.2) ? { bold: true } : undefined)]
  ])
}

function editMap (map, random, depth) {
  const key = 'k' + random.below(3)
  const there = map.get(key)
  if (there instanceof Y.AbstractType && random.chance(0.6)) return editType(there, random, depth + 1)
  if (random.chance(0.25)) map.delete(key)
  else map.set(key, value(random, depth))
}

function editArray (array, random, depth) {
  const at = random.below(array.length + 1)
  const there = at < array.length ? array.get(at) : null
  if (there instanceof Y.AbstractType && random.chance(0.6)) return editType(there, random, depth + 1)
  if (random.chance(0.3) && at < array.length) array.delete(at, Math.min(array.length - at, random.between(1, 2)))
  else array.insert(at, Array.from({ length: random.between(1, 3) }, () => value(random, depth)))
}

function editXml (xml, random, depth) {
  const inner = xml.toArray()
  if (inner.length && random.chance(0.7)) return editType(random.pick(inner), random, depth + 1)
  if (xml instanceof Y.XmlElement && random.chance(0.3)) {
    const key = 'a' + random.below(2)
    return random.chance(0.3) ? xml.removeAttribute(key) : xml.setAttribute(key, random.pick(words))
  }
  if (inner.length && random.chance(0.3)) return xml.delete(random.below(inner.length), 1)
  const child = depth > 2 || random.chance(0.4) ? text(random, Y.XmlText) : new Y.XmlElement(random.pick(['p', 'li']))
  xml.insert(random.below(inner.length + 1), [child])
}

function editType (t, random, depth) {
  if (t instanceof Y.Text) editText(t, random)
  else if (t instanceof Y.XmlFragment) editXml(t, random, depth)
  else if (t instanceof Y.Map) editMap(t, random, depth)
  else editArray(t, random, depth)
}

const edit = (doc, random) => doc.transact(() => editType(doc.share.get(random.pick(['text', 'text', 'xml', 'xml', 'xml', 'map', 'array'])), random, 0))

// Shows what a type has, whatever ids it has it under.
function shown (t) {
  if (t instanceof Y.Doc) return ['doc', t.guid, t.meta]
  if (t instanceof Uint8Array) return ['bytes', ...t]
  if (!(t instanceof Y.AbstractType)) return t
  const kind = t.constructor.name
  if (t instanceof Y.Text) return [kind, t.toDelta().map(op => [shown(op.insert), op.attributes && Object.entries(op.attributes).sort()])]
  if (t instanceof Y.Map) return [kind, [...t.entries()].map(([key, v]) => [key, shown(v)]).sort()]
  const attributes = t instanceof Y.XmlElement ? Object.entries(t.getAttributes()).sort() : []
  return [kind, t.nodeName, attributes, t.toArray().map(shown)]
}

const show = doc => JSON.stringify(Object.keys(roots).map(name => shown(doc.share.get(name))))

function from (...updates) {
  const doc = rooted(new Y.Doc())
  updates.forEach(u => Y.applyUpdate(doc, u))
  return doc
}

function sync (docs) {
  for (let round = 0; round < 4; round++) { // clients may remove formats that have no effect after each
    for (const a of docs) for (const b of docs) if (a !== b) Y.applyUpdate(b, Y.encodeStateAsUpdate(a, Y.encodeStateVector(b)), 'sync')
  }
}

// Returns the units that a document shows by their ids, "client:clock": what each is, of a text its character, and the ids
// of the others of its item.
function unitsOf (doc) {
  const all = new Map()
  for (const structs of doc.store.clients.values()) {
    for (const s of structs) {
      if (s.deleted || !(s instanceof Y.Item)) continue
      const str = s.content instanceof Y.ContentString ? s.content.str : null
      const item = Array.from({ length: s.length }, (_, i) => s.id.client + ':' + (s.id.clock + i))
      item.forEach((id, i) => all.set(id, { is: str === null ? s.content.constructor.name : str[i], item }))
    }
  }
  return all
}

function play (seed) {
  const random = new Random(seed)
  const clients = [1001, 1002, 1003].map(id => { const doc = rooted(new Y.Doc()); doc.clientID = id + 10 * random.below(5); return doc })
  const some = n => { for (; n > 0; n--) { edit(random.pick(clients), random); if (random.chance(0.2)) sync(clients) } }
  some(random.between(3, 40))
  sync(clients)
  const then = Y.encodeStateAsUpdate(clients[0])
  some(random.between(1, 40))
  sync(clients)
  return { random, clients, then, now: Y.encodeStateAsUpdate(clients[0]) }
}

// Lets each client write words, which no other has, into whatever types it shows. Each is {word, in}: in is the id of the
// item of the type, null for a root.
function write (clients, random) {
  const all = []
  for (const doc of clients) {
    const types = []
    const texts = new Set()
    const collect = t => {
      types.push(t)
      for (let item = t._start; item; item = item.right) if (!item.deleted && item.content.type) collect(item.content.type)
      for (const item of t._map.values()) if (!item.deleted && item.content.type) collect(item.content.type)
    }
    Object.keys(roots).forEach(name => collect(doc.share.get(name)))
    for (let n = 0; n < 6; n++) {
      const t = n < 4 ? doc.share.get(Object.keys(roots)[n]) : random.pick(types)
      const word = `<${doc.clientID}.${n}>`
      if (n > 3 && texts.has(t)) continue // the words of a client would be within one another
      if (t instanceof Y.Text) { texts.add(t); t.insert(place(t, random), word) }
      else if (t instanceof Y.Map) t.set(word, word)
      else if (t instanceof Y.XmlFragment) { const x = new Y.XmlText(); x.insert(0, word); t.insert(random.below(t.length + 1), [x]) } else t.insert(random.below(t.length + 1), [word])
      all.push({ word, parents: parents(t) })
    }
  }
  return all
}

// Returns an index of a text that is not within a character.
function place (t, random) {
  let index = 0
  const all = [0]
  for (let item = t._start; item; item = item.right) {
    if (item.deleted || !item.countable) continue
    for (let i = 0; i < item.length; i++) {
      index++
      const next = item.content.str?.charCodeAt(i)
      if (!(next >= 0xd800 && next < 0xdc00)) all.push(index)
    }
  }
  return random.pick(all)
}

// Returns the ids of the items around what is in a type.
function parents (t) {
  const all = []
  for (; t._item; t = t._item.parent) all.push(t._item.id.client + ':' + t._item.id.clock)
  return all
}

// Yjs replaces both halves of a character by U+FFFD where something was inserted between them once, but not in each document.
const halved = s => s.replaceAll('😀', '\ufffd\ufffd')

const without = (s, all) => all.reduce((rest, w) => rest.split(w.word).join(''), s)

function check (seed, edit) {
  const { random, clients, then, now } = play(seed)
  const problems = []
  const must = (ok, ...what) => ok || problems.push(what.join(' '))
  const version = from(then)
  const before = from(now)
  if (edit === null) {
    must(show(version) === show(before), 'no edit, though the content differs:', show(before), 'and', show(version))
    return { problems, kept: 0, copied: 0, survived: 0 }
  }

  const restored = from(now, edit)
  must(show(restored) === show(version), 'restored:', show(restored), 'want:', show(version))
  must(show(from(Y.encodeStateAsUpdate(restored))) === show(version), 'a newcomer sees', show(from(Y.encodeStateAsUpdate(restored))))
  const [was, is, has] = [version, before, restored].map(unitsOf)
  let [kept, copied] = [0, 0]
  for (const id of is.keys()) {
    // A text of which a character is shown as U+FFFD now is copied as a whole. Yjs removes formats that have no effect.
    if (!was.has(id) || was.get(id).is === 'ContentFormat') continue
    if (was.get(id).item.some(id => is.has(id) && is.get(id).is !== was.get(id).is)) continue
    must(has.has(id), 'both show', id, was.get(id).is, 'and it is gone')
    kept++
  }
  for (const id of has.keys()) if (!is.has(id)) copied++
  const t = before.share.get('text')
  for (let i = 0; i < t.length; i++) { // carets before characters that stay
    const caret = Y.createRelativePositionFromTypeIndex(t, i)
    const id = caret.item && caret.item.client + ':' + caret.item.clock
    if (!id || !has.has(id)) continue
    const at = Y.createAbsolutePositionFromRelativePosition(caret, restored)
    const next = at && Y.createRelativePositionFromTypeIndex(at.type, at.index).item
    must(next && next.client + ':' + next.clock === id, 'the caret at', i, 'is before another character')
  }

  const written = write(clients, random)
  const server = from(now)
  const late = random.chance(0.5)
  if (late) Y.applyUpdate(server, edit)
  sync([server, clients[random.below(3)]])
  if (!late) Y.applyUpdate(server, edit)
  sync([server, ...clients])
  const final = show(server)
  clients.forEach(doc => must(halved(show(doc)) === halved(final), 'a client shows', show(doc), 'and the server', final))
  let survived = 0
  for (const { word, parents } of written) {
    const stays = parents.every(id => has.has(id))
    const times = final.split(word).length - 1
    const want = stays ? (final.includes(`["${word}","${word}"]`) ? 2 : 1) : 0
    must(times === want, word, 'is there', times, 'times, not', want)
    survived += stays ? 1 : 0
  }
  must(without(server.getText('text').toString(), written) === version.getText('text').toString(), 'the text is', server.getText('text').toString(), 'and was', version.getText('text').toString())
  return { problems, kept, copied, survived }
}

const seeds = Array.from({ length: +sessions }, (_, i) => +first + i)
const base64 = b => Buffer.from(b).toString('base64')
if (mode === 'play') {
  console.log(JSON.stringify(seeds.map(play).map(({ then, now }) => ({ then: base64(then), now: base64(now) }))))
} else {
  const edits = JSON.parse(fs.readFileSync(editsPath))
  console.log(JSON.stringify(seeds.map((seed, i) => check(seed, edits[i] && Buffer.from(edits[i], 'base64')))))
}
