// Waiting for a session to reach a condition, driven by the session's own events.
import { missing, sha256 } from './state.mjs'

// Every key of a wait command names one of these; all given must hold at once.
const conditions = {
  synced: (session, want) => session.provider.synced === want,
  connected: (session, want) => session.connected === want,
  connects: (session, count) => session.connects >= count,
  closes: (session, count) => session.closes.length >= count,
  saved: (session, want) => (session.provider.unsaved === 0) === want,
  carets: (session, wanted) => session.carets().join() === wanted.join(),
  failure: (session, code) => session.failures.some(failure => failure.code === code),
  problem: (session, text) => session.problems.some(problem => problem.includes(text)),
  opened: (session, want) => (session.provider.ws?.readyState === 1) === want,
  notice: (session, message) => session.notices.some(notice => notice.message === message),
  received: (session, count) => session.received >= count,
  sent: (session, count) => session.sent >= count,
  present: (session, names) => names.every(name => session.names().includes(name)),
  absent: (session, names) => names.every(name => !session.names().includes(name)),
  only: (session, names) => session.names().join() === names.join(),
  covers: (session, claims) => claims.every(claim => missing(session.doc, claim).length === 0),
  text: (session, { length, hash }) => {
    const text = session.doc.getText('text')
    return text.length === length && sha256(text.toString()) === hash
  }
}

export class Waiters {
  constructor (session) {
    this.session = session
    this.waiting = new Set()
  }

  // until resolves once all conditions hold. deadline is in milliseconds; past it the promise rejects with the status.
  until (wanted, deadline) {
    const unknown = Object.keys(wanted).filter(key => !conditions[key])
    if (unknown.length > 0) return Promise.reject(new Error(`unknown condition ${unknown}`))
    return new Promise((resolve, reject) => {
      const waiter = { holds: () => this.holds(wanted), resolve }
      waiter.timer = setTimeout(() => {
        this.waiting.delete(waiter)
        reject(new Error(`waited ${deadline} ms for ${this.failing(wanted)}: ${JSON.stringify(this.session.status())}`))
      }, deadline)
      this.waiting.add(waiter)
      this.poke()
    })
  }

  holds (wanted) {
    return Object.entries(wanted).every(([key, value]) => conditions[key](this.session, value))
  }

  failing (wanted) {
    const failing = Object.entries(wanted).filter(([key, value]) => !conditions[key](this.session, value))
    return JSON.stringify(Object.fromEntries(failing)).slice(0, 500)
  }

  poke () {
    for (const waiter of this.waiting) {
      if (!waiter.holds()) continue
      clearTimeout(waiter.timer)
      this.waiting.delete(waiter)
      waiter.resolve()
    }
  }
}
