// A small seeded generator (sfc32): the same seed gives the same session on every machine.
export class Random {
  /** @param {number} seed an integer of at most 2^53-1 */
  constructor (seed) {
    this.a = seed >>> 0
    this.b = Math.floor(seed / 2 ** 32) >>> 0
    this.c = 0x9e3779b9
    this.d = 1
    for (let i = 0; i < 12; i++) this.uint32()
  }

  uint32 () {
    const t = (this.a + this.b + this.d) | 0
    this.d = (this.d + 1) | 0
    this.a = this.b ^ (this.b >>> 9)
    this.b = (this.c + (this.c << 3)) | 0
    this.c = ((this.c << 21) | (this.c >>> 11)) + t | 0
    return t >>> 0
  }

  float () { return this.uint32() / 2 ** 32 }
  below (n) { return Math.floor(this.float() * n) }
  between (low, high) { return low + this.below(high - low + 1) }
  chance (p) { return this.float() < p }
  pick (list) { return list[this.below(list.length)] }

  /** Calls one of the functions, each of which is listed behind its weight. */
  weighted (choices) {
    let at = this.float() * choices.reduce((sum, [weight]) => sum + weight, 0)
    for (const [weight, f] of choices) if ((at -= weight) < 0) return f()
    return choices[0][1]()
  }

  shuffled (list) {
    const out = list.slice()
    for (let i = out.length - 1; i > 0; i--) {
      const j = this.below(i + 1)
      ;[out[i], out[j]] = [out[j], out[i]]
    }
    return out
  }
}
