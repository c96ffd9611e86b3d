// Compares a transcript, the results of the document under test after each update, with the documents that
// real Yjs makes of the same updates. The answer is the first difference.
import * as Y from 'yjs'
import { contents, stateVector } from './canonical.mjs'
import { deletions, order, reversed, structs } from './structure.mjs'
import { integrated, isWaiting, listener, settle } from './reference.mjs'
import { below } from './pieces.mjs'
import { Known } from './known.mjs'
import { undecided, loses, unstable } from './undecided.mjs'
import { clash, contradict, withoutPairs } from './contradictions.mjs'
import { reading } from './reading.mjs'
import { useAsClients, Lost, versions, waits14 } from './clients.mjs'
import { Broken, Different, demand } from './rules.mjs'

const around = (text, at) => text.slice(Math.max(0, at - 60), at + 100)

const demandSame = (got, want, rule, Breach = Broken) => {
  if (got === want) return
  let at = 0
  while (at < want.length && got[at] === want[at]) at++
  throw new Breach(rule, `got …${around(got, at)}…\nwant …${around(want, at)}…`)
}

const mustNotThrow = (what, f) => {
  try { f() } catch (error) { throw new Threw(`${what}: ${error.stack}`) }
}

/** A Y.Doc threw where it must not. */
class Threw extends Error {}

class Undecided extends Error {}

/**
 * Several values of a map key in one struct can make a Y.Doc throw when the map is deleted. The document stores and
 * relays them as structs of one value each, so only a Y.Doc that receives the update itself throws.
 */
const severalUnderAKey = error => error.stack.includes('at Item.gc ')

class Comparison {
  constructor ({ gc, hostile, strict }, blobs) {
    Object.assign(this, { gc, hostile, strict, blobs, updates: [], relayed: [], known: new Known(), snapshots: new Map() })
    this.reference = listener(gc)
    this.chain = listener(gc)
  }

  /**
   * Returns everything that is compared of a document. Without garbage collection tombstones keep content that
   * compaction drops.
   */
  view (doc) {
    const beneath = this.gc ? { structs: structs(doc, this.reversed()), order: order(doc) } : { deletions: deletions(doc) }
    return { vector: stateVector(doc), contents: contents(doc), ...beneath }
  }

  /** Returns the reversed structs of the reference, cached for each of its states. */
  reversed () {
    const vector = stateVector(this.reference)
    if (this.reversedAt?.vector !== vector) this.reversedAt = { vector, ids: reversed(this.reference) }
    return this.reversedAt.ids
  }

  compare (doc, want, rule) {
    const got = this.view(doc)
    const parts = Object.keys(want).filter(part => got[part] !== want[part])
    for (const part of parts) this.demandSamePart(got[part], want[part], rule, part)
  }

  demandSamePart (got, want, rule, part) {
    demandSame(this.readable(part, got), this.readable(part, want), `${rule}: ${part}`, Different)
  }

  /**
   * Returns the part of a text that can be compared with another document's. A reversed struct no longer splits a
   * surrogate pair at its right origin.
   */
  readable (part, text) {
    return part === 'contents' && (this.strict || contradict(this.updates)) ? withoutPairs(text) : text
  }

  step (step, index) {
    const update = this.blobs[step.update]
    this.updates.push(update)
    if (this.hostile) this.checkNoThrow(update, step.check ?? { joins: [], diffs: [] })
    this.follow(update, step)
    this.waited ||= isWaiting(this.reference)
    this.checkChanges(step)
    this.checkVector(step)
    if (step.keep) this.snapshots.set(index, integrated(this.chain))
    if (step.check) this.checkState(step.check)
  }

  /**
   * Applies an update to the reference. Updates that contradict each other may make the reference throw, if the
   * changes that we make of them do not throw.
   */
  follow (update, step) {
    try {
      Y.applyUpdate(this.reference, update)
      settle(this.reference)
    } catch (error) {
      mustNotThrow('a receiver of every changes', () => this.changesOf(step).forEach(part => Y.applyUpdate(this.chain, part)))
      throw this.hostile && (clash(this.updates) || severalUnderAKey(error)) ? new Undecided() : error
    }
  }

  changesOf (step) { return (step.changes ?? []).map(part => this.blobs[part]) }

  /** No document may throw: neither an empty one, nor one that joins. */
  checkNoThrow (update, { joins, diffs }) {
    mustNotThrow('an empty document', () => {
      try { listener(!this.gc, update) } catch (error) { if (!severalUnderAKey(error)) throw error }
    })
    joins.forEach(({ name, parts }) => mustNotThrow(name, () => listener(this.gc, ...parts.map(part => this.blobs[part]))))
    diffs.forEach(diff => mustNotThrow(diff.name, () => listener(this.gc, this.blobs[diff.update])))
  }

  /**
   * When Yjs merges two pending updates, one with a struct and one with a GC in its place, it keeps the first,
   * although only the GC may be ready. So while structs are pending, its state vector depends on how updates were
   * merged.
   */
  checkVector (step) {
    const vector = this.blobs[step.vector]
    const waits = isWaiting(this.reference)
    demandSame(String(vector), String(Y.encodeStateVector(this.reference)), 'state vector', waits ? Different : Broken)
    demand(step.waiting === waits, 'pending', () => `says that ${step.waiting ? 'something' : 'nothing'} waits`)
  }

  checkChanges (step) {
    if (!step.cut) return
    const changes = this.changesOf(step)
    this.known.learn(changes)
    changes.forEach(part => this.takeChanges(part))
    demandSame(stateVector(this.chain), stateVector(this.reference), 'changes: vector')
  }

  takeChanges (part) {
    this.relayed.push(part)
    Y.applyUpdate(this.chain, part)
    demand(!isWaiting(this.chain), 'changes: causal', () => 'a receiver of every changes so far still waits for something')
  }

  checkState ({ joins, diffs, view }) {
    const want = this.view(this.reference)
    this.compare(this.chain, want, 'changes')
    if (view !== undefined) this.checkView(this.blobs[view], want.contents)
    for (const { name, parts } of joins) this.checkJoin(want, name, parts.map(part => this.blobs[part]))
    for (const diff of diffs) this.checkDiff(diff)
  }

  /** Compares the view. It does not where JavaScript takes a key for the prototype, as Yjs' own toJSON loses it. */
  checkView (view, want) {
    if (!want.includes('__proto__')) this.demandSamePart(reading(view), want, 'view', 'contents')
  }

  checkSize (name, parts) {
    const size = parts.reduce((sum, part) => sum + part.length, 0)
    const most = integrated(this.reference).length
    demand(size <= most, `${name}: size`, () => `${size} bytes where Yjs has ${most}`)
  }

  checkJoin (want, name, parts) {
    if (name === 'compacted' && this.gc && !this.hostile) this.checkSize(name, parts)
    const doc = listener(this.gc)
    for (const part of parts) {
      Y.applyUpdate(doc, part)
      demand(!isWaiting(doc), `${name}: causal`, () => 'a joiner waits for something')
    }
    this.compare(doc, want, name)
  }

  checkDiff ({ name, have, base, update, listed }) {
    const diff = this.blobs[update]
    const vector = Y.decodeStateVector(this.blobs[have])
    const known = listed ? this.others(vector) : vector
    new Known(known).covers(diff, this.reference, name)
    // A client that requests a difference has received our changes, in which reversed structs have other origins.
    const source = this.strict ? this.chain : this.reference
    const start = this.snapshots.get(base) ?? below(integrated(source), known)
    const want = listener(this.gc, start, integrated(source, Y.encodeStateVector(known)))
    try {
      this.compare(listener(this.gc, start, diff), this.view(want), name)
    } catch (error) {
      if (this.agrees(want)) throw error
    }
  }

  /**
   * Makes clients of Yjs 13 and 14 use the relayed changes, part by part, and the whole state. Updates of real
   * clients are used in one of the two ways only, to save time.
   */
  finish ({ check }) {
    if (check === undefined) return
    const state = check.joins.find(({ name }) => name === 'state').parts.map(part => this.blobs[part])
    if (this.hostile || this.updates.length % 2 === 0) useAsClients(this.gc, this.relayed)
    if (this.hostile || this.updates.length % 2 === 1) useAsClients(!this.gc, state)
    if (!isWaiting(this.reference)) this.checkVersions(state)
  }

  /**
   * Both versions must read the same from the state, and Yjs 14 the same from the state as from the updates as they
   * came. The latter is not checked if structs were pending: Yjs 14 integrates structs behind a gap, and two structs
   * of one client with one origin then change places.
   */
  checkVersions (state) {
    const [got13, got14] = versions(this.gc, state).map(text => this.readable('contents', text))
    demandSame(got14, got13, 'Yjs 14: contents', Different)
    if (this.waited || waits14(this.updates)) return
    const [, direct] = versions(this.gc, this.updates)
    demandSame(got14, this.readable('contents', direct), 'Yjs 14: contents as they came', Different)
  }

  /** Reports whether a document equals the reference. */
  agrees (doc) {
    const [got, want] = [this.view(doc), this.view(this.reference)]
    return Object.keys(want).every(part => this.readable(part, got[part]) === this.readable(part, want[part]))
  }

  /** Returns vector with the clocks of all clients that it does not list. */
  others (vector) {
    return new Map([...Y.decodeStateVector(Y.encodeStateVector(this.reference)), ...vector])
  }
}

const finding = (comparison, error, step) => {
  if (error instanceof Undecided) return { undecided: true }
  if (error instanceof Lost) return loses(comparison) ? { undecided: true } : { rule: 'a client loses', text: error.message, step }
  if (!(error instanceof Broken)) return { rule: 'yjs throws', text: error instanceof Threw ? error.message : error.stack, step }
  const mayBeUndecided = comparison.hostile || error instanceof Different
  const doubts = comparison.strict ? unstable : undecided
  return mayBeUndecided && doubts(comparison) ? { undecided: true } : { rule: error.rule, text: error.message, step }
}

/** @return {{rule: string, text: string, step: number} | {undecided: true} | null} */
export const compare = (transcript, blobs) => {
  const comparison = new Comparison(transcript, blobs)
  const { steps } = transcript
  let at = 0
  try {
    for (; at < steps.length; at++) comparison.step(steps[at], at)
    if (at > 0) comparison.finish(steps[--at])
  } catch (error) {
    return finding(comparison, error, at)
  }
  return null
}
