// Tokens come from the page: one that never changes, or a function that the page's backend answers.

// A token is not used for a new connection in its last moments, in milliseconds.
const reserve = 5_000

// A token is renewed this long before it ends; one that ends sooner, when half of that is over.
const renewBefore = 60_000

// setTimeout takes no longer times.
const longestTimer = 2 ** 31 - 1

export class Tokens {
  // source is a token, or a function that returns one, or {token, expires} with expires in
  // milliseconds since 1970, or a promise of either. Without expires, the end of a JWT is in it.
  constructor (source) {
    this.source = source
    this.last = null // {token, expires} of the last answer; expires is null for one that is not known
  }

  get renewable () { return typeof this.source === 'function' }

  // get returns the token for a connection, undefined for none, or a promise of it. Only a function
  // takes time.
  get () {
    if (!this.renewable) return this.source
    if (this.last?.expires != null && this.last.expires - reserve > Date.now()) return this.last.token
    return this.ask()
  }

  // ask always asks the function.
  async ask () {
    const answer = await this.source()
    const { token, expires = endOf(token) } = typeof answer === 'object' && answer !== null ? answer : { token: answer }
    this.last = { token, expires }
    return token
  }

  // forget makes the next get ask again.
  forget () { this.last = null }

  // schedule calls renew in time before the token ends, and returns a function that cancels that.
  // Nothing is done for a token whose end is not known.
  schedule (renew) {
    const expires = this.last?.expires
    if (expires == null) return () => {}
    const left = expires - Date.now()
    const wait = left > 2 * renewBefore ? left - renewBefore : Math.max(left / 2, 1_000)
    const timer = setTimeout(renew, Math.min(wait, longestTimer))
    return () => clearTimeout(timer)
  }
}

// endOf returns the end of a JWT, null for another token.
const endOf = token => {
  try {
    const { exp } = JSON.parse(atob(token.split('.')[1].replaceAll('-', '+').replaceAll('_', '/')))
    return typeof exp === 'number' ? exp * 1000 : null
  } catch {
    return null
  }
}
