// Lists that stay calm: while the pointer is over a list, or the focus in one of its rows, the rows stay where
// they are, and only what they say changes.

// Calm decides the rows that are shown. waiting(true) is called when other rows, or another order,
// wait to be shown.
export class Calm {
  #rows = []
  #over = false

  constructor (element, keyOf, waiting) {
    Object.assign(this, { element, keyOf, waiting })
    element.addEventListener('pointerenter', () => { this.#over = true })
    element.addEventListener('pointerleave', () => { this.#over = false })
  }

  get held () { return this.#over || Boolean(document.activeElement?.closest('tbody') && this.element.contains(document.activeElement)) }

  // next returns the rows to show when the server has sent others; now: in their order in any case.
  next (rows, now) {
    const fresh = now || !this.held || this.#rows.length === 0
    const shown = fresh ? rows : keep(this.#rows, rows, this.keyOf)
    this.#rows = shown
    this.waiting(!fresh && differ(shown, rows, this.keyOf))
    return shown
  }
}

// keep returns the old rows, in their order, each as it is now, if that is known.
export const keep = (old, rows, keyOf) => {
  const now = new Map(rows.map(row => [keyOf(row), row]))
  return old.map(row => now.get(keyOf(row)) ?? row)
}

export const differ = (a, b, keyOf) => a.length !== b.length || a.some((row, i) => keyOf(row) !== keyOf(b[i]))
