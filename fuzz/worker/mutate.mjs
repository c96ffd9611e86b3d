// Damages real updates: bytes blindly, fields knowingly. What comes out is sometimes still well formed.
import * as wire from './wire.mjs'
import * as values from './values.mjs'
import { Random } from './random.mjs'

const numbers = [0, 1, 2, 3, 7, 63, 64, 127, 128, 255, 300, 16384, 2 ** 31, 2 ** 32, 2 ** 53 - 1]

const texts = ['', 'undefined', 'null', 'true', '{', '{}', '[', '[1,2]', '{"a":{"b":[]}}', '"x"', '"\\ud800"', '01', '-0', '1e400', ' 1 ', '1 2',
  'NaN', '\ufeff1', '{"__proto__":null}', "'a'", '[1,]', '"\u2028"', '"a\tb"', '"a\\qb"', '['.repeat(60) + ']'.repeat(60), '['.repeat(9000) + ']'.repeat(9000), '😀', 'default', 'text', 'nobody']

/** Bytes that are no UTF-8, or only just. */
const encodings = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xed, 0xb0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xef, 0xbb, 0xbf, 0x61], [0xf4, 0x8f, 0xbf, 0xbf]]

const nested = (r, depth) => depth === 0 ? values.any(r) : r.chance(0.5) ? [nested(r, depth - 1)] : { a: nested(r, depth - 1) }

const sized = bytes => Buffer.concat([wire.uint(bytes.length), Uint8Array.from(bytes)])

const longer = bytes => Uint8Array.from([...bytes.slice(0, -1), bytes.at(-1) | 0x80, 0])

const anyNumber = r => r.weighted([[3, () => r.pick(numbers)], [2, () => r.below(100)]])
const anyText = r => r.chance(0.8) ? wire.string(r.pick(texts)) : sized(r.pick(encodings))

const anyValue = r => r.weighted([
  [4, () => wire.any(values.any(r))],
  [1, () => wire.any(nested(r, r.pick([5, 40, 200, 3000])))],
  [2, () => Uint8Array.of(r.between(100, 130))],
  [1, () => Buffer.concat([wire.byte(r.pick([117, 118])), wire.uint(r.pick(numbers))])],
  [1, () => Buffer.concat([wire.byte(119), sized(r.pick(encodings))])]
])

const near = (r, bytes) => Math.max(0, wire.number(bytes) + r.pick([-2, -1, 1, 2]))

const changeNumber = (r, bytes) => r.weighted([
  [3, () => wire.uint(near(r, bytes))],
  [3, () => wire.uint(anyNumber(r))],
  [1, () => longer(bytes)]
])

const changeInfo = (r, [info]) => wire.byte(r.weighted([
  [4, () => (info & 0xe0) | r.below(13)],
  [4, () => info ^ r.pick([32, 64, 128])],
  [1, () => r.below(256)]
]))

const changes = { info: changeInfo, any: anyValue, options: anyValue }
for (const name of ['parent name', 'sub', 'json', 'string', 'key', 'name', 'guid', 'binary']) changes[name] = anyText

const changeField = (r, field) => ({ ...field, bytes: (changes[field.name] ?? changeNumber)(r, field.bytes) })

const change = (list, i, f) => list.map((value, j) => i === j ? f(value) : value)
const anywhere = (r, list, f) => list.length === 0 ? list : change(list, r.below(list.length), f)

const gc = r => [{ name: 'info', bytes: wire.byte(0) }, { name: 'length', bytes: wire.uint(anyNumber(r)) }]
const skip = r => [{ name: 'info', bytes: wire.byte(10) }, { name: 'length', bytes: wire.uint(anyNumber(r)) }]

const changeStructs = (r, structs) => r.weighted([
  [8, () => anywhere(r, structs, struct => anywhere(r, struct, field => changeField(r, field)))],
  [1, () => structs.toSpliced(r.below(structs.length), 1)],
  [1, () => structs.toSpliced(r.below(structs.length), 0, r.pick(structs))],
  [1, () => structs.toSpliced(r.below(structs.length), 0, r.chance(0.5) ? gc(r) : skip(r))],
  [1, () => r.shuffled(structs)]
])

const changeSection = (r, section) => r.weighted([
  [8, () => ({ ...section, structs: changeStructs(r, section.structs) })],
  [1, () => ({ ...section, client: anyNumber(r) })],
  [1, () => ({ ...section, clock: r.chance(0.7) ? Math.max(0, section.clock + r.between(-3, 3)) : anyNumber(r) })],
  [0.5, () => ({ ...section, count: r.chance(0.5) ? section.structs.length + r.pick([-1, 1]) : anyNumber(r) })]
])

const changeRange = (r, [clock, length]) => r.chance(0.5) ? [r.chance(0.5) ? anyNumber(r) : clock, anyNumber(r)] : [Math.max(0, clock + r.between(-2, 2)), Math.max(0, length + r.between(-2, 2))]

const changeDeletes = (r, entry) => r.weighted([
  [4, () => ({ ...entry, ranges: anywhere(r, entry.ranges, range => changeRange(r, range)) })],
  [1, () => ({ ...entry, ranges: [...entry.ranges, ...entry.ranges] })],
  [1, () => ({ ...entry, ranges: r.shuffled(entry.ranges) })],
  [1, () => ({ ...entry, client: anyNumber(r) })]
])

const changeModel = (r, model, other) => r.weighted([
  [8, () => ({ ...model, sections: anywhere(r, model.sections, section => changeSection(r, section)) })],
  [2, () => ({ ...model, deletes: anywhere(r, model.deletes, entry => changeDeletes(r, entry)) })],
  [1, () => ({ ...model, sections: [...model.sections, ...other.sections] })],
  [1, () => ({ ...model, deletes: [...model.deletes, ...other.deletes] })],
  [1, () => ({ ...model, sections: r.shuffled(model.sections) })],
  [0.5, () => ({ ...model, deletes: [{ client: anyNumber(r), ranges: [[anyNumber(r), anyNumber(r)]] }] })]
])

const changeBytes = (r, update, other) => r.weighted([
  [4, () => change([...update], r.below(update.length), b => b ^ (1 << r.below(8)))],
  [2, () => change([...update], r.below(update.length), () => r.below(256))],
  [1, () => [...update.subarray(0, r.below(update.length))]],
  [1, () => [...update, r.below(256)]],
  [1, () => [...update.subarray(0, r.below(update.length)), ...other.subarray(r.below(other.length))]],
  [0.3, () => Array.from({ length: r.below(40) }, () => r.below(256))]
])

const attempt = (f, otherwise) => { try { return f() } catch { return otherwise } }

const mutant = (r, updates) => {
  const [update, other] = [r.pick(updates), r.pick(updates)]
  if (r.chance(0.25)) return Uint8Array.from(changeBytes(r, update, other))
  let model = wire.read(update)
  for (let n = r.pick([1, 1, 1, 2, 3]); n > 0; n--) model = changeModel(r, model, wire.read(other))
  return wire.write(model)
}

/** Damaged versions of the given updates. */
export const mutants = ({ seed, count }, updates) => {
  const r = new Random(seed)
  return Array.from({ length: count }, () => attempt(() => mutant(r, updates), updates[0]))
}
