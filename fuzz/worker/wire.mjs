// Reads updates field by field, and writes them again, to damage and to simplify them.
//
// A model is { sections: [{ client, clock, count?, structs: [[field, …], …] }], deletes: [{ client, ranges: [[clock, length], …] }] }.
// A field is { name, bytes }. Where a section has a count, that is written instead of the number of its structs.
import * as decoding from 'lib0/decoding'
import * as encoding from 'lib0/encoding'

const encoded = write => value => {
  const encoder = encoding.createEncoder()
  write(encoder, value)
  return encoding.toUint8Array(encoder)
}

export const uint = encoded(encoding.writeVarUint)
export const string = encoded(encoding.writeVarString)
export const any = encoded(encoding.writeAny)
export const number = bytes => decoding.readVarUint(decoding.createDecoder(bytes))
export const text = bytes => decoding.readVarString(decoding.createDecoder(bytes))
export const byte = value => Uint8Array.of(value)

/** Reads fields, and keeps the bytes of each. */
class FieldReader {
  constructor (update) { this.decoder = decoding.createDecoder(update) }

  uint () { return decoding.readVarUint(this.decoder) }

  field (name, read) {
    const start = this.decoder.pos
    const value = read(this.decoder)
    this.fields.push({ name, bytes: this.decoder.arr.slice(start, this.decoder.pos) })
    return value
  }

  number (name) { return this.field(name, decoding.readVarUint) }
  string (name) { return this.field(name, decoding.readVarUint8Array) }
  any (name) { return this.field(name, decoding.readAny) }
  id (name) { this.number(`${name}.client`); this.number(`${name}.clock`) }

  struct () {
    this.fields = []
    const info = this.field('info', decoding.readUint8)
    if ((info & 31) !== 0 && info !== 10) this.place(info)
    readContent[info & 31](this)
    return this.fields
  }

  place (info) {
    if (info & 128) this.id('origin')
    if (info & 64) this.id('right')
    if (info & 192) return
    if (this.number('parent info') === 1) this.string('parent name')
    else this.id('parent')
    if (info & 32) this.string('sub')
  }

  list (name, read) { for (let n = this.number('count'); n > 0; n--) read.call(this, name) }
}

const length = r => r.number('length')

const readContent = {
  0: length,
  1: length,
  2: r => r.list('json', r.string),
  3: r => r.string('binary'),
  4: r => r.string('string'),
  5: r => r.string('json'),
  6: r => { r.string('key'); r.string('json') },
  7: r => { const type = r.number('type'); if (type === 3 || type === 5) r.string('name') },
  8: r => r.list('any', r.any),
  9: r => { r.string('guid'); r.any('options') },
  10: length
}

const times = (n, f) => Array.from({ length: n }, f)

const readSection = r => {
  const count = r.uint()
  return { client: r.uint(), clock: r.uint(), structs: times(count, () => r.struct()) }
}

const readRanges = r => ({ client: r.uint(), ranges: times(r.uint(), () => [r.uint(), r.uint()]) })

export const read = update => {
  const r = new FieldReader(update)
  return { sections: times(r.uint(), () => readSection(r)), deletes: times(r.uint(), () => readRanges(r)) }
}

const writeSection = ({ client, clock, count, structs }) =>
  [uint(count ?? structs.length), uint(client), uint(clock), ...structs.flat().map(field => field.bytes)]

const writeRanges = ({ client, ranges }) => [client, ranges.length, ...ranges.flat()].map(uint)

export const write = ({ sections, deletes }) => Buffer.concat([
  uint(sections.length), ...sections.flatMap(writeSection), uint(deletes.length), ...deletes.flatMap(writeRanges)
])
