// A clock that replaces the process's own, and stands still unless it is advanced. It must be
// imported before all modules that keep the time: lib0 stores Date.now.
const start = Date.now()

class Timer {
  constructor (run, at, every) { Object.assign(this, { run, at, every }) }

  ref () { return this }

  unref () { return this }
}

class Clock {
  constructor () {
    this.now = 0 // milliseconds since the start
    this.timers = new Set()
  }

  add (run, wait = 0, every) {
    const timer = new Timer(run, this.now + wait, every)
    this.timers.add(timer)
    return timer
  }

  // step advances to the next timer, and runs it.
  step () {
    let next
    for (const timer of this.timers) {
      if (!next || timer.at < next.at) next = timer
    }
    this.now = next.at
    if (next.every) next.at += next.every
    else this.timers.delete(next)
    next.run()
  }

  // until advances until ok, and returns how long that took; null if it took more than limit.
  until (ok, limit) {
    const { now } = this
    while (!ok()) {
      if (this.timers.size === 0 || this.now - now > limit) return null
      this.step()
    }
    return this.now - now
  }
}

export const clock = new Clock()

globalThis.realTimers = { setTimeout, clearTimeout }
globalThis.setTimeout = (run, wait, ...args) => clock.add(() => run(...args), wait)
globalThis.setInterval = (run, wait, ...args) => clock.add(() => run(...args), wait, wait)
globalThis.clearTimeout = globalThis.clearInterval = timer => clock.timers.delete(timer)
Date.now = () => start + clock.now
