// Damages real updates: random bytes, or fields by their meaning. The results are sometimes still well
// formed.
import * as wire from './wire.mjs'
import * as values from './values.mjs'
import { Random } from './random.mjs'
import { roots } from './edits.mjs'

const numbers = [0, 1, 2, 3, 7, 63, 64, 127, 128, 255, 300, 16384, 2 ** 31, 2 ** 32, 2 ** 53 - 1]

const texts = ['', 'undefined', 'null', 'true', '{', '{}', '[', '[1,2]', '{"a":{"b":[]}}', '"x"', '"\\ud800"', '01', '-0', '1e400', ' 1 ', '1 2',
  'NaN', '\ufeff1', '{"__proto__":null}', "'a'", '[1,]', '"\u2028"', '"a\tb"', '"a\\qb"', '['.repeat(60) + ']'.repeat(60), '['.repeat(9000) + ']'.repeat(9000), '😀', 'default', 'text', 'nobody',
  '{"__proto__":{"a":[]}}', '[{"b":{"__proto__":[1]}}]', '{"\\u005f_proto__":1}', '{"constructor":1,"toString":2,"toJSON":3,"length":4}', '1e309', '[-1e999]',
  '__proto__', 'constructor', 'toString', 'hasOwnProperty', 'guid']

/** Bytes that are not UTF-8, or barely are. */
const encodings = [[0xff], [0xc0, 0x80], [0xed, 0xa0, 0x80], [0xed, 0xb0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xe2, 0x82], [0xf0, 0x9f, 0x98], [0xef, 0xbb, 0xbf, 0x61], [0xf4, 0x8f, 0xbf, 0xbf]]

const nested = (r, depth) => depth === 0 ? values.any(r) : r.chance(0.5) ? [nested(r, depth - 1)] : { a: nested(r, depth - 1) }

const sized = bytes => Buffer.concat([wire.uint(bytes.length), Uint8Array.from(bytes)])

const longer = bytes => Uint8Array.from([...bytes.slice(0, -1), bytes.at(-1) | 0x80, 0])

/** Keys that have a meaning in JavaScript or for the constructor of a Y.Doc. */
const keys = ['__proto__', 'constructor', 'toString', 'toJSON', 'valueOf', 'hasOwnProperty', 'length', 'then', 'byteLength', 'guid', 'gc', 'autoLoad', 'meta',
  'shouldLoad', 'collectionid', 'gcFilter', 'isSuggestionDoc', 'clientID', 'store', 'a', '']

const member = (r, depth) => [wire.string(r.pick(keys)), r.chance(0.3) && depth > 0 ? strange(r, depth - 1) : wire.any(values.any(r))]

/** An Any object with such keys, some more than once. */
const strange = (r, depth = 2) => {
  const n = r.between(1, 3)
  return Buffer.concat([wire.byte(118), wire.uint(n), ...Array.from({ length: n }, () => member(r, depth)).flat()])
}

const anyNumber = r => r.weighted([[3, () => r.pick(numbers)], [2, () => r.below(100)]])
const anyText = r => r.chance(0.8) ? wire.string(r.pick(texts)) : sized(r.pick(encodings))

const anyValue = r => r.weighted([
  [4, () => wire.any(values.any(r))],
  [2, () => strange(r)],
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

const contents = r => r.weighted([
  [2, () => [2, wire.uint(1), anyText(r)]],
  [2, () => [5, anyText(r)]],
  [2, () => [6, anyText(r), anyText(r)]],
  [1, () => [7, wire.uint(r.below(7)), anyText(r)]],
  [4, () => [8, wire.uint(1), anyValue(r)]],
  [4, () => [9, wire.string('guid'), anyValue(r)]],
  [2, () => [4, wire.string('new')]]
])

const field = bytes => ({ name: 'new', bytes })

const inRoot = (r, info) => [wire.uint(1), wire.string(r.pick(Object.keys(roots))), ...(info & 32 ? [anyText(r)] : [])]

/** Makes a struct that no client writes: in a root, or between units of the same client, in any order. */
const invented = (r, client, clock) => {
  const [ref, ...content] = contents(r)
  const info = ref | (r.chance(0.3) ? 32 : 0)
  if (clock === 0 || r.chance(0.5)) return [wire.byte(info), ...inRoot(r, info), ...content].map(field)
  const origin = r.below(clock)
  const right = r.chance(0.7) ? Math.max(0, origin - r.below(5)) : r.below(clock)
  return [wire.byte(ref | 192), ...[client, origin, client, right].map(wire.uint), ...content].map(field)
}

const unitsOf = new Set(['string', 'length', 'count'])

/**
 * Estimates the clock after a section. Text that is not ASCII counts too much, and then structs refer to unknown
 * clocks.
 */
const clocks = ({ clock, structs }) => structs.reduce((sum, struct) => {
  const field = struct.find(({ name }) => unitsOf.has(name))
  if (field === undefined) return sum + 1
  return sum + (field.name === 'string' ? wire.text(field.bytes).length : wire.number(field.bytes))
}, clock)

const invent = (r, section) => {
  const struct = invented(r, section.client, clocks(section))
  return { ...section, structs: [...section.structs, struct] }
}

const changeStructs = (r, structs) => r.weighted([
  [8, () => anywhere(r, structs, struct => anywhere(r, struct, field => changeField(r, field)))],
  [1, () => structs.toSpliced(r.below(structs.length), 1)],
  [1, () => structs.toSpliced(r.below(structs.length), 0, r.pick(structs))],
  [1, () => structs.toSpliced(r.below(structs.length), 0, r.chance(0.5) ? gc(r) : skip(r))],
  [1, () => r.shuffled(structs)]
])

const changeSection = (r, section) => r.weighted([
  [3, () => invent(r, section)],
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

/** Returns damaged versions of the given updates. */
export const mutants = ({ seed, count }, updates) => {
  const r = new Random(seed)
  return Array.from({ length: count }, () => attempt(() => mutant(r, updates), updates[0]))
}
