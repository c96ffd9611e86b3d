// Values of every kind that Yjs has: lib0 Any values, JSON values, text with surrogate pairs, formats and
// embeds.
const integers = [0, -0, 1, -1, 42, 63, 64, -64, 127, 128, -8191, 8192, 2 ** 31 - 1, 2 ** 31, -(2 ** 31), 2 ** 32,
  Number.MAX_SAFE_INTEGER, Number.MIN_SAFE_INTEGER]
const floats = [0.5, -1.25, 0.1, Math.PI, 1e300, -1e-300, 5e-324, NaN, Infinity, -Infinity, 3.4028234663852886e38]
const bigints = [0n, 1n, -1n, 2n ** 53n, 2n ** 63n - 1n, -(2n ** 63n)]
const letters = ['a', 'b', 'word ', '\n', 'é', 'ß', '漢', '😀', '👩‍👧', '𝔘', '\u0000', '"', '\\', '<b>', '\ufeff', '\ufffd', '\u2028']
const keys = ['k', 'key', 'ключ', 'a b', '', '😀', 'constructor', 'toString']
const fields = ['f', 'field', '漢', '', '0', 'length']

export const text = (r, most = 6) => Array.from({ length: r.between(1, most) }, () => r.pick(letters)).join('')
export const key = r => r.pick(keys)
export const binary = r => Uint8Array.from({ length: r.below(5) }, () => r.below(256))

const object = (r, make) => {
  const out = {}
  for (let n = r.below(4); n > 0; n--) out[r.pick(fields)] = make()
  return out
}

const array = (r, make) => Array.from({ length: r.below(4) }, make)

/** Returns any lib0 Any value, as it may be inside an object or an array. */
export const any = (r, depth = 2) => r.weighted([
  [3, () => r.pick(integers)],
  [2, () => r.pick(floats)],
  [1, () => r.pick(bigints)],
  [2, () => text(r)],
  [2, () => r.pick([null, undefined, true, false])],
  [1, () => binary(r)],
  [depth, () => object(r, () => any(r, depth - 1))],
  [depth, () => array(r, () => any(r, depth - 1))]
])

const hasConstructor = value => value !== undefined && typeof value !== 'bigint'

/** Returns a value that Y.Array takes as it is: one that it packs into Any runs, or bytes. */
export const element = r => {
  const value = any(r)
  return hasConstructor(value) ? value : null
}

/** Returns a value that JSON does not change, as embeds, formats and the old JSON content have. */
export const json = (r, depth = 2) => r.weighted([
  [3, () => r.pick([0, 1, -7, 1.5, 1e21])],
  [3, () => text(r)],
  [2, () => r.pick([null, true, false])],
  [depth, () => object(r, () => json(r, depth - 1))],
  [depth, () => array(r, () => json(r, depth - 1))]
])

const marks = { bold: [true, null], em: [{}, null], link: [{ href: '/a' }, { href: '/ü', rel: 3 }, null], size: [1, 2.5, null], color: ['red', 'grün', null] }

/** Returns formatting attributes; null ends a mark. */
export const attributes = r => {
  const out = {}
  for (let n = r.between(1, 2); n > 0; n--) {
    const name = r.pick(Object.keys(marks))
    out[name] = r.pick(marks[name])
  }
  return out
}

/** Returns an attribute of an XML element, which need not be a string. */
export const attribute = r => r.weighted([
  [3, () => text(r, 2)],
  [2, () => r.pick([0, 1, -3, 2.5])],
  [2, () => r.pick([true, false, null])],
  [1, () => object(r, () => json(r, 1))]
])
