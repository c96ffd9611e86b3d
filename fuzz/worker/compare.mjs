// Compares a transcript with Yjs: what the document under test said after each update, against what real Yjs
// makes of the same updates. The answer is the first difference.
import * as Y from 'yjs'
import { contents, stateVector } from './canonical.mjs'
import { deletions, order, reversed, structs } from './structure.mjs'
import { integrated, isWaiting, listener, settle } from './reference.mjs'
import { below } from './pieces.mjs'
import { Known } from './known.mjs'
import { undecided, loses, unstable } from './undecided.mjs'
import { clash, contradict, withoutPairs } from './contradictions.mjs'
import { reading } from './reading.mjs'
import { liveAll, Lost, versions, waits14 } from './clients.mjs'
import { Broken, Different, demand } from './rules.mjs'

const around = (text, at) => text.slice(Math.max(0, at - 60), at + 100)

const demandSame = (got, want, rule, Breach = Broken) => {
  if (got === want) return
  let at = 0
  while (at < want.length && got[at] === want[at]) at++
  throw new Breach(rule, `got …${around(got, at)}…\nwant …${around(want, at)}…`)
}

const bears = (who, f) => {
  try { f() } catch (error) { throw new Unbearable(`${who}: ${error.stack}`) }
}

/** A Y.Doc threw where it must not. */
class Unbearable extends Error {}

class Undecided extends Error {}

/**
 * Several values of a map key in one struct can make a Y.Doc throw when the map is deleted. The document keeps
 * and relays them as structs of one, so only who gets the update itself suffers.
 */
const severalUnderAKey = error => error.stack.includes('at Item.gc ')

class Comparison {
  constructor ({ gc, hostile, strict }, blobs) {
    Object.assign(this, { gc, hostile, strict, blobs, updates: [], relayed: [], known: new Known(), snapshots: new Map() })
    this.reference = listener(gc)
    this.chain = listener(gc)
  }

  /** All that is compared of a document. Without garbage collection tombstones keep what compaction drops. */
  view (doc) {
    const beneath = this.gc ? { structs: structs(doc, this.reversed()), order: order(doc) } : { deletions: deletions(doc) }
    return { vector: stateVector(doc), contents: contents(doc), ...beneath }
  }

  /** What is reversed in the reference, found out once for each state of it. */
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

  /** What of a part can be held against another document's. A reversed struct no longer cuts a pair at its right origin. */
  readable (part, text) {
    return part === 'contents' && (this.strict || contradict(this.updates)) ? withoutPairs(text) : text
  }

  step (step, index) {
    const update = this.blobs[step.update]
    this.updates.push(update)
    if (this.hostile) this.bear(update, step.check ?? { joins: [], diffs: [] })
    this.follow(update, step)
    this.waited ||= isWaiting(this.reference)
    this.checkChanges(step)
    this.checkVector(step)
    if (step.keep) this.snapshots.set(index, integrated(this.chain))
    if (step.check) this.checkState(step.check)
  }

  /** Updates that tell two things about one clock may make the reference throw, as long as what we make of them does not. */
  follow (update, step) {
    try {
      Y.applyUpdate(this.reference, update)
      settle(this.reference)
    } catch (error) {
      bears('a receiver of every changes', () => this.changesOf(step).forEach(part => Y.applyUpdate(this.chain, part)))
      throw this.hostile && (clash(this.updates) || severalUnderAKey(error)) ? new Undecided() : error
    }
  }

  changesOf (step) { return (step.changes ?? []).map(part => this.blobs[part]) }

  /** No document may throw: not one that has nothing, nor one that joins. */
  bear (update, { joins, diffs }) {
    bears('an empty document', () => {
      try { listener(!this.gc, update) } catch (error) { if (!severalUnderAKey(error)) throw error }
    })
    joins.forEach(({ name, parts }) => bears(name, () => listener(this.gc, ...parts.map(part => this.blobs[part]))))
    diffs.forEach(diff => bears(diff.name, () => listener(this.gc, this.blobs[diff.update])))
  }

  /**
   * Of two updates that wait, one with a struct and one with GC in its place, Yjs keeps the one that it was given first when it
   * merges them, though only GC may be ready. So while something waits its state vector depends on how updates were merged.
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

  /** Where JavaScript takes a key for the prototype, Yjs' own toJSON loses it. */
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
    // Who asks for a difference has got what we sent, where reversed structs have other origins.
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
   * Lets clients of Yjs 13 and 14 live with what they are sent: with what is new, part by part, and with the whole.
   * What real clients wrote is taken one way or the other, for time's sake.
   */
  finish ({ check }) {
    if (check === undefined) return
    const state = check.joins.find(({ name }) => name === 'state').parts.map(part => this.blobs[part])
    if (this.hostile || this.updates.length % 2 === 0) liveAll(this.gc, this.relayed)
    if (this.hostile || this.updates.length % 2 === 1) liveAll(!this.gc, state)
    if (!isWaiting(this.reference)) this.checkVersions(state)
  }

  /**
   * Both versions read the same from the state, and Yjs 14 reads from it what it reads from the updates as they came. Unless some
   * had to wait: Yjs 14 takes in what lies behind a gap, and two structs of one client with one origin then change places.
   */
  checkVersions (state) {
    const [got13, got14] = versions(this.gc, state).map(text => this.readable('contents', text))
    demandSame(got14, got13, 'Yjs 14: contents', Different)
    if (this.waited || waits14(this.updates)) return
    const [, direct] = versions(this.gc, this.updates)
    demandSame(got14, this.readable('contents', direct), 'Yjs 14: contents as they came', Different)
  }

  /** Whether a document is what the reference is. */
  agrees (doc) {
    const [got, want] = [this.view(doc), this.view(this.reference)]
    return Object.keys(want).every(part => this.readable(part, got[part]) === this.readable(part, want[part]))
  }

  /** A state vector that knows all of the clients that vector does not list. */
  others (vector) {
    return new Map([...Y.decodeStateVector(Y.encodeStateVector(this.reference)), ...vector])
  }
}

const finding = (comparison, error, step) => {
  if (error instanceof Undecided) return { undecided: true }
  if (error instanceof Lost) return loses(comparison) ? { undecided: true } : { rule: 'a client loses', text: error.message, step }
  if (!(error instanceof Broken)) return { rule: 'yjs throws', text: error instanceof Unbearable ? error.message : error.stack, step }
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
