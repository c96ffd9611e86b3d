const letters = [...'abcdefghij éß漢😀']

// A small seeded generator (mulberry32), so that a failing run can be repeated from its seed.
export class Random {
  constructor (seed) {
    this.state = seed >>> 0
  }

  // below returns an integer in [0, n).
  below (n) {
    return Math.floor(this.unit() * n)
  }

  unit () {
    this.state = (this.state + 0x6d2b79f5) >>> 0
    let t = this.state
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }

  chance (p) {
    return this.unit() < p
  }

  pick (items) {
    return items[this.below(items.length)]
  }

  bytes (n) {
    return Uint8Array.from({ length: n }, () => this.below(256))
  }

  word () {
    return Array.from({ length: 1 + this.below(8) }, () => this.pick(letters)).join('')
  }
}
