// Writes testdata/updates.json: a small real update for each kind of content.
// node worker/fixtures.mjs > testdata/updates.json
import './entropy.mjs'

const Y = await import('yjs')
const { insertLegacyJSON } = await import('./rarities.mjs')
const { Random } = await import('./random.mjs')

const write = (gc, ...edits) => {
  const doc = new Y.Doc({ gc })
  doc.clientID = 300
  const updates = []
  doc.on('update', update => updates.push(update))
  edits.forEach(edit => doc.transact(() => edit(doc)))
  return { doc, updates, state: Y.encodeStateAsUpdate(doc) }
}

const state = (...edits) => write(true, ...edits).state

const typed = write(true,
  doc => doc.getText('text').insert(0, 'héllo 😀'),
  doc => doc.getText('text').insert(7, 'x'),
  doc => doc.getText('text').delete(0, 3),
  doc => doc.getText('text').insert(0, 'again'))

const everyAny = [undefined, null, 0, -0, -64, 2 ** 31, 0.5, 0.1, NaN, 2n ** 63n - 1n, true, false, '漢', { a: [1, {}] }, [[], 'x'], Uint8Array.of(1, 2)]

const paragraph = doc => {
  const p = new Y.XmlElement('p')
  p.setAttribute('level', 2)
  p.insert(0, [new Y.XmlText('text'), new Y.XmlHook('hook')])
  doc.getXmlFragment('default').insert(0, [p])
}

const fixtures = {
  empty: state(),
  string: typed.updates[0],
  'split pair': Y.mergeUpdates(typed.updates.slice(0, 2)),
  deleted: typed.state,
  'delete set': typed.updates[2],
  skip: Y.mergeUpdates([typed.updates[0], typed.updates[3]]),
  diff: Y.diffUpdate(typed.state, Y.encodeStateVector(new Map([[300, 4]]))),
  json: state(doc => insertLegacyJSON(new Random(1), doc)),
  binary: state(doc => doc.getArray('array').insert(0, [Uint8Array.of(0, 255)])),
  embed: state(doc => doc.getText('text').insertEmbed(0, { image: 'a.png' })),
  format: state(doc => doc.getText('text').insert(0, 'bold', { bold: true, link: { href: '/' } })),
  xml: state(paragraph),
  types: state(doc => doc.getArray('array').insert(0, [new Y.Array(), new Y.Map([['a', 1]]), new Y.Text('t'), new Y.XmlFragment()])),
  any: state(doc => doc.getArray('array').insert(0, [everyAny])),
  map: Y.mergeUpdates(write(false, ...[1, 2, 3].map(n => doc => doc.getMap('map').set('key', n))).updates),
  subdocument: state(doc => doc.getMap('map').set('doc', new Y.Doc({ guid: 'sub', autoLoad: true }))),
  gc: state(paragraph, doc => doc.getXmlFragment('default').delete(0, 1))
}

const lines = Object.entries(fixtures).map(([name, update]) => `  ${JSON.stringify(name)}: ${JSON.stringify(Buffer.from(update).toString('base64'))}`)
process.stdout.write(`{\n${lines.join(',\n')}\n}\n`)
