// Conditions of a session.
import * as Y from 'yjs'
import { plainText } from './providers.mjs'
import { missing, sha256 } from './state.mjs'

const bytesOf = doc => Buffer.from(Y.encodeStateAsUpdate(doc))

// Each key of a wait command names one of these; all given must hold at once.
export const conditions = {
  synced: (session, want) => session.provider.synced === want,
  green: (session, want) => session.green === want,
  connected: (session, want) => session.connected === want,
  connects: (session, count) => session.connects >= count,
  ended: (session, want) => (session.closes.length === session.attempts) === want,
  closes: (session, count) => session.closes.length >= count,
  saved: (session, want) => (session.provider.unsaved === 0) === want,
  unsaved: (session, want) => session.provider.unsaved === want,
  version: (session, version) => session.provider.version >= version,
  final: (session, code) => session.finals.some(final => final.code === code),
  readOnly: (session, want) => session.provider.readOnly === want,
  renewals: (session, count) => session.renewals >= count,
  denials: (session, count) => session.provider.denials.length >= count,
  scopes: (session, scopes) => session.provider.scopes.join() === scopes.join(),
  ends: (session, count) => session.provider.ends.length >= count,
  carets: (session, wanted) => session.carets().join() === wanted.join(),
  failure: (session, code) => session.failures.some(failure => failure.code === code),
  failures: (session, count) => session.failures.length >= count,
  problem: (session, text) => session.problems.some(problem => problem.includes(text)),
  opened: (session, want) => (session.provider.ws?.readyState === 1) === want,
  notice: (session, message) => session.notices.some(notice => notice.message === message),
  received: (session, count) => session.received >= count,
  // answered is whether what was written has come back or, to Hocuspocus, was acknowledged.
  answered: (session, count) => session.received >= count || session.addressed && session.provider.unsaved === 0,
  sent: (session, count) => session.sent >= count,
  present: (session, names) => names.every(name => session.names().includes(name)),
  absent: (session, names) => names.every(name => !session.names().includes(name)),
  only: (session, names) => session.names().join() === names.join(),
  exchanged: (session, kinds) => kinds.every(kind => session.checked.kinds.has(kind)),
  shows: (session, texts) => texts.every(text => plainText(session.provider.doc).includes(text)),
  holds: (session, texts) => texts.every(text => bytesOf(session.doc).includes(text)),
  lacks: (session, texts) => !texts.some(text => bytesOf(session.doc).includes(text)),
  covers: (session, claims) => claims.every(claim => missing(session.doc, claim).length === 0),
  text: (session, { length, hash }) => {
    const text = session.doc.getText('text')
    return text.length === length && sha256(text.toString()) === hash
  }
}
