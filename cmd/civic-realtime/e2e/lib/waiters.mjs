// Waiting for a session to reach a condition, driven by the session's own events. Its deadlines are in real time, also where
// lib/clock.mjs keeps another.
const { clearTimeout, setTimeout } = globalThis.realTimers ?? globalThis

export class Waiters {
  constructor (session, conditions) {
    this.session = session
    this.conditions = conditions
    this.waiting = new Set()
  }

  // until resolves once all conditions hold. deadline is in milliseconds; past it the promise rejects with the status.
  until (wanted, deadline) {
    const unknown = Object.keys(wanted).filter(key => !this.conditions[key])
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
    return Object.entries(wanted).every(([key, value]) => this.conditions[key](this.session, value))
  }

  failing (wanted) {
    const failing = Object.entries(wanted).filter(([key, value]) => !this.conditions[key](this.session, value))
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
