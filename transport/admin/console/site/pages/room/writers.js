// The authors of a document, each with a number, which chooses the colour and the line below the
// text, and with initials: nobody needs to see colours.

export const kinds = 12 // of lines and colours, in room.css

const idOf = by => by ? JSON.stringify([by.id, by.on_behalf_of?.id ?? '']) : ''

const segments = new Intl.Segmenter(undefined, { granularity: 'grapheme' })

const first = word => segments.segment(word)[Symbol.iterator]().next().value?.segment ?? ''

// initialsOf returns the first characters of the first and the last word of a name.
export const initialsOf = name => {
  const words = name.replace(/[\p{C}\p{P}\p{S}]/gu, ' ').split(/\s+/).filter(Boolean)
  if (words.length === 0) return first(name.replace(/\p{C}/gu, '')) || '?'
  const ends = words.length > 1 ? [words[0], words.at(-1)] : [words[0]]
  return ends.map(first).join('').toLocaleUpperCase()
}

// Writers numbers authors in the order in which they are seen. Nobody, for text whose author is not
// known, has no number.
export class Writers {
  #known = new Map()

  // of returns the writer of a part: { by, number, initials, units }, or null if that is not known.
  of (by) {
    if (!by) return null
    const id = idOf(by)
    const known = this.#known.get(id)
    if (known) return known
    const number = this.#known.size
    const writer = { by, number, kind: number % kinds, initials: this.#initials(by), units: 0 }
    this.#known.set(id, writer)
    return writer
  }

  all () { return [...this.#known.values()] }

  // #initials makes those of two authors with the same ones differ.
  #initials (by) {
    const own = initialsOf(by.name || by.id)
    const same = this.all().filter(w => w.initials.replace(/\d+$/, '') === own).length
    return same === 0 ? own : `${own}${same + 1}`
  }
}

// countUnits gives the writers of parts their numbers of characters, and returns that of nobody.
export const countUnits = (writers, parts) => {
  let nobody = 0
  for (const writer of writers.all()) writer.units = 0
  for (const part of parts) {
    const writer = writers.of(part.by)
    const units = part.type === 'text' ? part.to - part.from : 0
    if (writer) writer.units += units
    else nobody += units
  }
  return nobody
}

// seen returns the writers of parts or changes.
export const seen = (writers, parts) => [...new Set(parts.map(p => writers.of(p.by)).filter(Boolean))]
