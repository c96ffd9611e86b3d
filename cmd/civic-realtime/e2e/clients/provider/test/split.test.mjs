// Tests of split with documents of random edits.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as Y from 'yjs'
import { randomEdit } from '../../../lib/edits.mjs'
import { Random } from '../../../lib/random.mjs'
import { report } from '../../../lib/state.mjs'
import { split } from '../index.js'

// written returns documents that have edited together, each of which missed some updates for a
// while, so that their structs refer to each other's.
const written = (random, edits) => {
  const docs = [new Y.Doc(), new Y.Doc(), new Y.Doc()]
  for (const doc of docs) doc.clientID = random.below(2 ** 32)
  for (let i = 0; i < edits; i++) {
    randomEdit(docs[random.below(3)], random)
    if (random.chance(0.3)) {
      const [from, to] = [docs[random.below(3)], docs[random.below(3)]]
      Y.applyUpdate(to, Y.encodeStateAsUpdate(from, Y.encodeStateVector(to)))
    }
  }
  for (const doc of docs) Y.applyUpdate(docs[0], Y.encodeStateAsUpdate(doc))
  return docs
}

// mustBeEqual compares content, structs and deletions. How structs are joined depends on the way.
const mustBeEqual = (got, want, message) => {
  assert.deepEqual(report(got), report(want), message)
  assert.ok(Y.equalSnapshots(Y.snapshot(got), Y.snapshot(want)), message)
}

// mustTake applies parts one by one, of which none may wait for another.
const mustTake = (doc, parts) => {
  for (const part of parts) {
    Y.applyUpdate(doc, part)
    assert.equal(doc.store.pendingStructs, null)
    assert.equal(doc.store.pendingDs, null)
  }
}

test('the parts of a document are each valid alone, and make the document', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const [doc] = written(new Random(seed), 60)
    const update = Y.encodeStateAsUpdate(doc)
    for (const max of [16, 100, 400]) {
      const parts = split(update, max)
      assert.ok(parts.length > 1, `seed ${seed}: ${parts.length} parts of ${update.length} bytes`)
      const copy = new Y.Doc()
      mustTake(copy, parts)
      mustBeEqual(copy, doc, `seed ${seed}, parts of ${max}`)
    }
  }
})

test('the parts of a difference refer only to what the receiver has, and to earlier parts', () => {
  for (let seed = 1; seed <= 40; seed++) {
    const [doc, other] = written(new Random(seed), 60)
    const parts = split(Y.encodeStateAsUpdate(doc, Y.encodeStateVector(other)), 100)
    mustTake(other, parts)
    mustBeEqual(other, doc, `seed ${seed}`)
  }
})

test('a part is not longer than asked for, unless one struct is', () => {
  const doc = new Y.Doc()
  const list = doc.getArray('list')
  for (let i = 0; i < 2000; i++) list.insert(0, ['x'.repeat(50)])
  const parts = split(Y.encodeStateAsUpdate(doc), 5_000)
  assert.ok(parts.every(part => part.length < 5_050), String(parts.map(part => part.length)))
  assert.ok(parts.length < 40, String(parts.length))
})

test('a short update is left as it is', () => {
  const update = Y.encodeStateAsUpdate(new Y.Doc())
  assert.deepEqual(split(update, 100), [update])
})
