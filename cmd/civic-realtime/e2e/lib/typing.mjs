// Clients that type: one replays an editing trace, one types unique tokens at the server's pace.
import { readFileSync } from 'node:fs'
import * as Y from 'yjs'
import { gunzipSync } from 'node:zlib'
import { Random } from './random.mjs'

// The number of keystrokes that are sent before the typist waits for its socket to drain.
const unsentKeystrokes = 512

// replay types edits [position, deleted, inserted?], each in a transaction of its own.
export const replay = async (session, path) => {
  const text = session.doc.getText('text')
  const edits = JSON.parse(gunzipSync(readFileSync(path)))
  for (const [i, edit] of edits.entries()) {
    session.doc.transact(() => type(text, edit))
    if (i % unsentKeystrokes === 0) await session.flushed()
  }
  await session.flushed()
  return { edits: edits.length }
}

const type = (text, [at, deleted, inserted]) => {
  if (deleted > 0) text.delete(at, deleted)
  if (inserted) text.insert(at, inserted)
}

// typeSteadily presses keys at a rate, whether or not the server keeps up; each inserts the time.
export const typeSteadily = async (session, rate, ms) => {
  const text = session.doc.getText('keys')
  const start = Date.now()
  for (let keys = 0; Date.now() - start < ms; keys++) {
    const due = start + keys * 1000 / rate
    await new Promise(resolve => setTimeout(resolve, Math.max(0, due - Date.now())))
    text.insert(text.length, `${Date.now()},`)
    const caret = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(text, text.length))
    session.provider.awareness.setLocalStateField('cursor', { anchor: caret, head: caret })
  }
}

// A TokenTypist writes tokens like "<ann.17>", each of them unique, and deletes some of them again.
// It types a burst, waits until something arrives from the server, and types the next one: at the
// server's pace, and at most one burst while disconnected. After stop it continues until it has
// both written and deleted. Without deletes it only writes; pause is the
// time after each burst in milliseconds.
export class TokenTypist {
  constructor (session, name, seed, { deletes = true, pause = 0 } = {}) {
    Object.assign(this, { session, name, deletes, pause, random: new Random(seed), next: 0, kept: [], deleted: [], stopped: false })
  }

  async run () {
    while (!this.stopped || this.kept.length === 0 || this.deletes && this.deleted.length === 0) {
      const { received } = this.session
      await this.burst()
      await this.session.waiters.until({ answered: received + 1 }, 60_000)
      if (this.pause > 0) await new Promise(resolve => setTimeout(resolve, this.pause))
    }
    return { kept: this.kept, deleted: this.deleted }
  }

  async burst () {
    for (let n = 1 + this.random.below(12); n > 0; n--) {
      this.keystroke()
      await new Promise(resolve => setImmediate(resolve))
    }
  }

  keystroke () {
    const text = this.session.doc.getText('text')
    if (this.deletes && this.kept.length > 0 && this.random.chance(0.2)) {
      const [token] = this.kept.splice(this.random.below(this.kept.length), 1)
      text.delete(text.toString().indexOf(token), token.length)
      this.deleted.push(token)
      return
    }
    const token = `<${this.name}.${this.next++}>`
    text.insert(boundary(text.toString(), this.random), token)
    this.kept.push(token)
  }
}

// A ParagraphTypist writes such tokens as words, without "<" and ">", into the paragraphs of an
// editor's document that begin with a given word, each with a space before it, and never between
// two spaces: two people who write there may join their words. It deletes none.
export class ParagraphTypist extends TokenTypist {
  constructor (session, name, seed, { into, ...options }) {
    super(session, name, seed, { ...options, deletes: false })
    this.into = into
  }

  keystroke () {
    const texts = this.session.doc.getXmlFragment('default').toArray()
      .flatMap(block => block.nodeName === 'paragraph' ? block.toArray() : [])
      .filter(child => child instanceof Y.XmlText && charactersOf(child).startsWith(this.into))
    if (texts.length === 0) throw new Error(`no paragraph begins with ${this.into}`)
    const text = texts[this.random.below(texts.length)]
    const token = `${this.name}.${this.next++}`
    const characters = charactersOf(text)
    const space = /(?<! ) /g
    space.lastIndex = this.random.below(characters.length + 1)
    text.insert(space.exec(characters)?.index ?? characters.length, ' ' + token)
    this.kept.push(token)
  }
}

const charactersOf = text => text.toDelta().map(({ insert }) => insert).join('')

// boundary returns a random position that is not inside a token.
const boundary = (text, random) => {
  const next = text.indexOf('<', random.below(text.length + 1))
  return next < 0 ? text.length : next
}
