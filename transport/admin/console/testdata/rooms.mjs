// Tests of what the page of a room computes: node rooms.mjs <folder of the page's files>.
import assert from 'node:assert/strict'
import { pathToFileURL } from 'node:url'
import { changesOf, edit, makeDocument, partsOf, plain, random } from './documents.mjs'

const page = path => import(new URL(path, pathToFileURL(process.argv[2] + '/')))
const { treeOf, valueText } = await page('pages/room/tree.js')
const { beginningOf, below, count, marksOf } = await page('pages/room/treenodes.js')
const { valueOf, which } = await page('pages/room/which.js')
const { merged } = await page('pages/room/merge.js')
const { linesOf, folded, isChanged } = await page('pages/room/lines.js')
const { Writers, initialsOf, countUnits, kinds } = await page('pages/room/writers.js')
const { keep, differ } = await page('pages/rooms/calm.js')

const ann = { id: 'u1', name: 'Ann Berg' }
const bob = { id: 'u2', name: 'Bob' }
const at = (type, path, from, to, more) => ({ type, root: 'default', path, from, to, by: ann, ...more })

const tests = {
  // A tree has each part below the block that it is in.
  tree () {
    const [root, settings] = treeOf([
      at('block', [], 0, 1, { block: 'element', name: 'heading' }), at('block', [0], 0, 1, { block: 'xml-text' }),
      at('text', [0, 0], 0, 2, { text: 'Hi' }), at('entry', [0], 0, 0, { key: 'level', values: [2] }),
      { type: 'entry', root: 'settings', path: [], key: 'nested', block: 'map', from: 0, to: 0 },
      { type: 'entry', root: 'settings', path: ['nested'], key: 'a', values: [[1, 2]], from: 0, to: 0 },
      { type: 'value', root: 'settings', path: [], from: 0, to: 2, values: [1, null] }
    ])
    const [heading] = root.children
    assert.deepEqual(heading.entries.map(n => n.key), ['level'])
    assert.equal(heading.children[0].children[0].text, 'Hi')
    assert.deepEqual(settings.children.map(n => n.values), [[1, null]])
    assert.deepEqual(settings.entries[0].entries[0].values, [[1, 2]])
    assert.equal(valueText('x'.repeat(1000), 10), `"${'x'.repeat(9)}…`)
  },

  // Under a node of the tree that is shown are its attributes, its children, and a remark on what the
  // server has left out; the marks of characters are beside them.
  nodes () {
    const text = { kind: 'characters', text: 'Hi', attributes: { strong: {}, link: { href: '/' } } }
    const node = { kind: 'element', attributes: { level: 2 }, children: [text], more: true }
    assert.deepEqual(below(node), [{ kind: 'value', key: 'level', value: 2 }, text, { kind: 'left' }])
    assert.deepEqual([node, text, { kind: 'map' }].map(count), [3, 0, 0])
    assert.equal(marksOf(text), 'strong, link {"href":"/"}')
    assert.deepEqual([2, 3, 9].map(n => beginningOf({ children: [node, { children: [text] }, node] }, n)), ['Hi…', 'HiH…', 'HiHi Hi'])
    const versions = [{ id: 7 }, { id: 7, node: 'a@b' }]
    assert.deepEqual(versions.map(v => which(valueOf(v))), [{ version: '7', node: undefined }, { version: '7', node: 'a@b' }])
  },

  // The pieces of a line are the parts of its authors; ends of lines in a text end lines.
  lines () {
    const lines = linesOf(treeOf([
      at('block', [], 0, 1, { block: 'element', name: 'paragraph' }), at('block', [0], 0, 1, { block: 'xml-text' }),
      at('text', [0, 0], 0, 3, { text: 'one' }), at('text', [0, 0], 3, 8, { text: ' two\n', by: bob }),
      at('text', [0, 0], 8, 9, { text: '3' }), at('block', [0], 1, 2, { block: 'element', name: 'civicRef' }),
      at('block', [], 1, 2, { block: 'element', name: 'image' }), at('block', [], 2, 3, { block: 'element', name: 'paragraph' }),
      at('block', [2], 0, 1, { block: 'xml-text' })
    ]))
    assert.deepEqual(lines.map(l => [l.label, l.pieces.map(p => p.text ?? `[${p.chip}]`)]), [
      ['paragraph', ['one', ' two']], ['paragraph', ['3', '[civicRef]']], ['image', ['[image]']], ['paragraph', []]])
    assert.equal(lines[0].pieces[1].by, bob)
  },

  // Both versions can be read in what is shown of a comparison, whatever was inserted and deleted,
  // and nothing is shown twice. Changes whose place is not known are left over, and not lost.
  comparisons () {
    for (let seed = 1; seed <= 3000; seed++) {
      const next = random(seed)
      const before = makeDocument(next)
      const after = edit(next, before)
      const changes = changesOf(before.units, after.units)
      const { roots, rest } = merged(partsOf(after.units), changes)
      assert.deepEqual(rest, [], `seed ${seed}`)
      const text = (node, change) => node.pieces.map(p => {
        if (p.change === change) return ''
        if (p.type === 'node') return text(p.node, change)
        return p.text ?? ''
      }).join('')
      assert.equal(roots.map(r => text(r, 'delete')).join(''), plain(after.units), `seed ${seed}: newer`)
      assert.equal(roots.map(r => text(r, 'insert')).join(''), plain(before.units), `seed ${seed}: older`)
      const lines = linesOf(roots)
      const shown = lines.map(l => l.pieces.filter(p => p.text !== undefined && p.change !== 'delete').map(p => p.text.replace('↵', '')).join('')).join('')
      assert.equal(shown, plain(after.units).replaceAll('\n', ''), `seed ${seed}: lines`)
      assert.equal(lines.some(isChanged), changes.length > 0, `seed ${seed}: changed`)
      const all = folded(lines).flatMap(l => l.hidden ?? [l])
      assert.deepEqual(all, lines, `seed ${seed}: folded`)
    }
    const lost = { ...at('insert', [7, 7], 0, 1, { text: 'x' }) }
    assert.deepEqual(merged([], [lost]).rest, [lost])
  },

  // A format is shown with the text that it is on, and a key with the line of its element.
  formats () {
    const parts = [
      at('block', [], 0, 1, { block: 'element', name: 'heading' }), at('block', [0], 0, 1, { block: 'xml-text' }),
      at('text', [0, 0], 0, 6, { text: 'abcdef' }), at('entry', [0], 0, 0, { key: 'level', values: [2] })]
    const format = at('format', [0, 0], 2, 4, { attributes: { strong: {} } })
    const { roots } = merged(parts, [format, at('set', [0], 0, 0, { key: 'level', values: [2], by: bob })])
    const [line] = linesOf(roots)
    assert.deepEqual(line.pieces.map(p => [p.text, p.formats?.length, p.note?.key]), [
      ['ab', 0, undefined], ['cd', 1, undefined], ['ef', 0, undefined], [undefined, undefined, 'level']])
    assert.equal(line.pieces[3].by, bob)
  },

  // Long stretches of unchanged lines are folded, two lines around each change are not.
  folds () {
    const lines = Array.from({ length: 20 }, (_, i) => ({ pieces: [{ text: String(i), change: i === 10 ? 'insert' : undefined }] }))
    assert.deepEqual(folded(lines).map(l => l.hidden?.length ?? Number(l.pieces[0].text)), [8, 8, 9, 10, 11, 12, 7])
  },

  // Authors have numbers by their users, and initials that differ; agents are others than the users
  // that they edit for.
  writers () {
    const writers = new Writers()
    const [a, b] = [ann, { id: 'u9', name: 'Alex Bird' }].map(by => writers.of(by))
    assert.deepEqual([a.initials, b.initials], ['AB', 'AB2'])
    assert.equal(writers.of({ ...ann }), a)
    assert.notEqual(writers.of({ ...ann, on_behalf_of: { id: 'u3' } }), a)
    assert.equal(writers.of(undefined), null)
    assert.equal(countUnits(writers, [at('text', [], 0, 4), at('text', [], 4, 5, { by: undefined }), at('block', [], 5, 6)]), 1)
    assert.equal(a.units, 4)
    for (let i = 0; i < 3 * kinds; i++) assert.ok(writers.of({ id: `x${i}` }).kind < kinds)
    assert.deepEqual(['Émile Tremblay', '<b>x</b>', '\u202eevil', '💥💥', '', 'ann'].map(initialsOf), ['ÉT', 'BB', 'E', '💥', '?', 'A'])
  },

  // A list that is held keeps the order of its rows, and takes what is new of each.
  calm () {
    const key = row => row.name
    const old = [{ name: 'a', n: 1 }, { name: 'b', n: 1 }]
    const now = [{ name: 'b', n: 2 }, { name: 'c', n: 2 }]
    assert.deepEqual(keep(old, now, key), [{ name: 'a', n: 1 }, { name: 'b', n: 2 }])
    assert.ok(differ(old, now, key))
    assert.ok(!differ(old, [...old], key))
  }
}

for (const [name, test] of Object.entries(tests)) {
  test()
  console.log(name)
}
