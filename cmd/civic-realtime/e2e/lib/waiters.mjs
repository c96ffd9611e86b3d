// Waiting for a condition of a session, checked at the session's own events. Deadlines are in real
// time, also with the clock of lib/clock.mjs.
const { clearTimeout, setTimeout } = globalThis.realTimers ?? globalThis

export class Waiters {
  constructor (session, conditions) {
    this.session = session
    this.conditions = conditions
    this.waiting = new Set()
  }

  // until resolves when all conditions hold. After deadline, in milliseconds, the promise rejects
  // with the status.
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
