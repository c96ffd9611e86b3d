// Messages that no client should send. A corpus is a table of cases; each makes the frames of one
// connection.
import * as Y from 'yjs'
import * as encoding from 'lib0/encoding'
import { Random } from './random.mjs'
import { awareness, block, deletes, encode, item, join, structs, sync, update, varUint, withString } from './wire.mjs'

const huge = 2 ** 40
const megabyte = 1 << 20
const megabytes16 = 16 * megabyte
const byOrigin = Uint8Array.of(0x84) // the info byte of a string with an origin
const badUtf8 = Uint8Array.of(0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80)

// marker is a secret in content that cannot be merged; it must not appear anywhere. victim is the
// client id of a well-behaved client.
export const corpus = ({ seed, marker, victim }) => {
  const random = new Random(seed)
  const secret = validUpdate(marker)
  const text = withString(marker)
  const plain = withString('odd')
  return {
    'random frames': () => times(8, () => random.bytes(random.below(300))),
    'random updates': () => times(8, () => sync(2, random.bytes(random.below(300)))),
    'random state vectors': () => times(8, () => sync(0, random.bytes(1 + random.below(40)))),
    'random awareness': () => times(8, () => encode(1, random.bytes(random.below(100)))),
    'bit flips': () => times(8, () => sync(2, flipped(validUpdate('odd'), random))),
    'truncated updates': () => times(8, () => sync(2, secret.subarray(0, random.below(secret.length)))),
    'truncated frames': () => times(8, () => sync(2, secret).subarray(0, 1 + random.below(secret.length))),
    'empty frames': () => [new Uint8Array(0), Uint8Array.of(0), Uint8Array.of(0, 2), Uint8Array.of(1), Uint8Array.of(0, 2, 0)],
    'unknown messages': () => [4, 5, 99, 127, huge].map(kind => encode(kind, text)),
    'auth messages': () => [Uint8Array.of(2, 0, 3, 102, 111, 111), Uint8Array.of(2, 1), Uint8Array.of(2)],
    'unknown sync messages': () => [3, 4, 127].map(kind => sync(kind, secret)),
    'trailing bytes': () => [sync(2, join(validUpdate('odd'), varUint(7, 7))), join(sync(2, validUpdate('odd')), varUint(9, 9))],

    'claims of 2^40': () => [
      varUint(huge),
      varUint(1, huge, 1, 0),
      structs(1, 0, huge, [item(text)]),
      update([item(varUint(huge), 4)]),
      update([item(varUint(huge), 8)]),
      update([item(varUint(huge), 2)]),
      update([item(varUint(huge), 3)]),
      update([item(varUint(1, 117, huge), 8)]),
      update([item(varUint(1, 118, huge), 8)]),
      update([item(varUint(1, 116, huge), 8)]),
      varUint(0, huge),
      varUint(0, 1, 1, huge)
    ].map(body => sync(2, body)),
    'claimed state vectors': () => [varUint(huge), varUint(2 ** 52, 1, 1)].map(body => sync(0, body)),
    'numbers too long': () => [
      Uint8Array.of(0, 2, ...Array(20).fill(0xff), 1),
      sync(2, new Uint8Array(64).fill(0x80)),
      sync(2, structs(2 ** 53 - 1, 2 ** 53 - 1, 1, [item(plain)]))
    ],

    'invalid UTF-8': () => [
      update([item(block(badUtf8), 4)]),
      update([item(block(badUtf8), 5)]),
      update([item(join(withString('a'), block(badUtf8)), 6)]),
      update([item(join(block(badUtf8), withString('1')), 6)]),
      update([item(join(varUint(3), block(badUtf8)), 7)]),
      update([item(join(varUint(1, 119), block(badUtf8)), 8)]),
      update([item(text, 4, block(badUtf8))])
    ].map(body => sync(2, body)),
    'unknown contents': () => range(10, 32).map(ref => sync(2, update([item(text, ref)]))),
    'unknown types': () => [7, 8, 100, huge].map(ref => sync(2, update([item(varUint(ref), 7)]))),
    'bad JSON': () => [
      update([item(withString(`{"${marker}":`), 5)]),
      update([item(join(withString('bold'), text), 6)]),
      update([item(join(withString('bold'), withString('')), 6)]),
      update([item(join(varUint(1), withString(`[${marker}`)), 2)])
    ].map(body => sync(2, body)),
    'deep nesting': () => [
      update([item(join(varUint(1), deepAny(100_000)), 8)]),
      update([item(withString('['.repeat(100_000) + ']'.repeat(100_000)), 5)]),
      update([item(join(withString('k'), withString('{"a":'.repeat(50_000) + '1' + '}'.repeat(50_000))), 6)])
    ].map(body => sync(2, body)),
    'bad any': () => [[1, 0], [1, 115], [1, 125, 0x80], [1, 118, 1, 1, 97], [2, 126]].map(any => sync(2, update([item(Uint8Array.from(any), 8)]))),

    'empty contents': () => [[4, 0], [8, 0], [2, 0], [1, 0]].map(([ref, n]) => sync(2, update([item(varUint(n), ref)], 777))),
    'empty GC and skip': () => [[0, 0], [10, 0]].map(gap => sync(2, structs(778, 0, 1, [Uint8Array.from(gap)]))),
    'itself as parent': () => [sync(2, structs(779, 0, 1, [join(varUint(4, 0, 779, 0), plain)]))],
    'itself as origin': () => [sync(2, structs(780, 0, 1, [join(byOrigin, varUint(780, 0), plain)]))],
    'a string as parent': () => [sync(2, structs(781, 0, 2, [item(withString('x')), join(varUint(4, 0, 781, 0), plain)]))],
    'origins to come': () => [sync(2, structs(782, 0, 1, [join(byOrigin, varUint(783, 5), plain)]))],
    'a gap': () => [sync(2, structs(784, 1000, 1, [item(plain)]))],
    'one client twice': () => [sync(2, join(varUint(2), section(785, 'a'), section(785, 'b'), varUint(0)))],
    'deletions of nothing': () => [sync(2, deletes(786, 0, 2 ** 52)), sync(2, deletes(787, 2 ** 52, 2 ** 52)), sync(2, deletes(788, 5, 0))],
    'half a surrogate': () => [sync(2, update([item(block(Uint8Array.of(0xed, 0xa0, 0xbd)), 4)], 789))],

    'awareness of 20,000': () => [awareness(range(0, 20_000).map(i => [1000 + i, 1, '{"name":"fake"}']))],
    'awareness of 200': () => [awareness(range(0, 200).map(i => [1000 + i, 1, '{"name":"fake"}']))],
    'bad awareness': () => [
      awareness([[901, 1, marker]]), awareness([[902, 1, '{"name":']]), awareness([[903, 1, '']]),
      encode(1, varUint(huge)), encode(1, join(varUint(1, 904, 1), block(badUtf8))),
      awareness([[905, 1, '['.repeat(100_000) + ']'.repeat(100_000)]]), awareness([[906, 2 ** 53 - 1, '"a string"']])
    ],
    'impersonation': () => [
      awareness([[victim, 2 ** 31, '{"name":"impostor"}']]), awareness([[victim, 2 ** 31 + 1, 'null']]),
      awareness([[victim, 1, 'null'], [victim, 2, 'null'], [victim, 3, 'null']])
    ],

    '16 MiB of zeros': () => [new Uint8Array(megabytes16)],
    '16 MiB of noise': () => [Buffer.alloc(megabytes16, random.bytes(4099))],
    '16 MiB of update': () => [sync(2, update([item(block(new Uint8Array(megabytes16).fill(0xc3)), 4)]))],
    '16 MiB of awareness': () => [awareness([[907, 1, `{"name":"${'x'.repeat(megabytes16)}"}`]])],
    '16 MiB of requests': () => [Buffer.alloc(megabytes16, Uint8Array.of(0, 0, 1, 0))],
    '16 MiB of queries': () => [Buffer.alloc(megabytes16, Uint8Array.of(3))],

    'a MiB of requests': () => [Buffer.alloc(megabyte, Uint8Array.of(0, 0, 1, 0))],
    'a MiB of queries': () => [Buffer.alloc(megabyte, Uint8Array.of(3))],
    'a MiB of nothing new': () => [Buffer.alloc(megabyte, Uint8Array.of(0, 2, 2, 0, 0))],

    'text frames': () => ['', 'hello', '{"type":"sync"}', marker, 'x'.repeat(1 << 20)],
    'ten and more': () => times(40, () => sync(2, Uint8Array.of(1, 1)))
  }
}

const range = (from, to) => Array.from({ length: to - from }, (_, i) => from + i)
const times = (n, make) => Array.from({ length: n }, make)

const validUpdate = marker => {
  const doc = new Y.Doc()
  doc.getText('text').insert(0, marker, { bold: true })
  doc.getMap('map').set('a', { list: [1, 'two', null], bytes: Uint8Array.of(1, 2) })
  doc.getXmlFragment('default').insert(0, [new Y.XmlElement('p'), new Y.XmlText('t')])
  doc.getText('text').delete(1, 2)
  return Y.encodeStateAsUpdate(doc)
}

// section returns one client's part of an update: one string at clock 0.
const section = (client, string) => join(varUint(1, client, 0), item(withString(string)))

const flipped = (bytes, random) => {
  const copy = bytes.slice()
  for (let n = 1 + random.below(4); n > 0; n--) copy[random.below(copy.length)] ^= 1 << random.below(8)
  return copy
}

// deepAny returns arrays nested to a depth.
const deepAny = depth => {
  const encoder = encoding.createEncoder()
  for (let i = 0; i < depth; i++) encoding.writeUint8Array(encoder, Uint8Array.of(117, 1))
  encoding.writeUint8(encoder, 126)
  return encoding.toUint8Array(encoder)
}
