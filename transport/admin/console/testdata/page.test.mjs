// The parts of the console's page that compute: formats, sentences, scales of charts, the hour of
// samples. The page's files are in PAGE.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { pathToFileURL } from 'node:url'

const page = pathToFileURL(`${process.env.PAGE}/`)
const load = name => import(new URL(name, page))
const { useSentences, t, nodes } = await load('lib/strings.js')
const format = await load('lib/format.js')
const { niceMax, placed, line, area, nearest, spanOf } = await load('lib/scale.js')
const { History } = await load('lib/history.js')
const { path, withQuery } = await load('lib/api.js')
const { written } = await load('lib/dom.js')
const { pageAt } = await load('routes.js')
const { groupsOf } = await load('pages/events/kinds.js')

const sentencesOf = language => JSON.parse(readFileSync(new URL(`strings/${language}.json`, page), 'utf8'))
const speak = language => useSentences(language, sentencesOf(language))
const nbsp = '\u00a0'

test('sizes, rates and times are written with their units, in either language', () => {
  speak('en')
  assert.equal(format.bytes(0), `0${nbsp}B`)
  assert.equal(format.bytes(1023), `1,023${nbsp}B`)
  assert.equal(format.bytes(1536), `1.5${nbsp}KiB`)
  assert.equal(format.bytes(512 * 2 ** 20), `512${nbsp}MiB`)
  assert.equal(format.delay(0.00085), `850${nbsp}µs`)
  assert.equal(format.delay(0.01234), `12.3${nbsp}ms`)
  assert.equal(format.delay(2.1), `2.1${nbsp}s`)
  assert.equal(format.duration(0.2), `200${nbsp}ms`)
  assert.equal(format.duration(59.9), `59${nbsp}s`)
  assert.equal(format.duration(3600), `1${nbsp}h`)
  assert.equal(format.duration(2 * 86400 + 3 * 3600 + 59), `2${nbsp}d 3${nbsp}h`)
  assert.equal(format.rate(0.44), '0.4')
  assert.equal(format.rate(2), '2.0')
  assert.equal(format.rate(0), '0')
  assert.equal(format.rate(1250.4), '1,250')
  speak('fr')
  assert.equal(format.bytes(1536), `1,5${nbsp}Kio`)
  assert.equal(format.duration(86400), `1${nbsp}j`)
  assert.equal(format.number(12345), `12${nbsp}345`)
})

test('an absent figure is a dash, and zero is none', () => {
  for (const write of [format.number, format.rate, format.bytes, format.delay, format.duration, format.age, format.time, format.dateTime]) {
    assert.equal(write(undefined), '–')
    assert.equal(write(null), '–')
  }
  assert.equal(format.delay(0), `0${nbsp}µs`)
})

test('an age is told in its greatest unit', () => {
  speak('en')
  const now = Date.parse('2026-01-02T00:00:00Z')
  assert.equal(format.age('2026-01-01T23:59:30Z', now), '30 seconds ago')
  assert.equal(format.age('2026-01-01T22:30:00Z', now), '1 hour ago')
  assert.equal(format.age('2026-01-01T00:00:00Z', now), 'yesterday')
})

test('a sentence has the plural of its count, and parameters that may be nodes', () => {
  const sentences = { 'a.one': '{count} room of {user}', 'a.other': '{count} rooms of {user}', b: 'in {room}, {room}' }
  useSentences('en', sentences)
  assert.equal(t('a', { count: 1, user: 'ann' }), '1 room of ann')
  assert.equal(t('a', { count: 1200, user: '{count}' }), '1,200 rooms of {count}')
  assert.equal(t('b', {}), 'in {room}, {room}')
  assert.equal(t('none.such'), 'none.such')
  const node = {}
  assert.deepEqual(nodes('b', { room: node }), ['in ', node, ', ', node])
  useSentences('fr', sentences)
  assert.equal(t('a', { count: 0, user: 'ann' }), '0 room of ann') // as French has it
})

test('the top of a chart is a round number above all values', () => {
  assert.deepEqual([0, -1, NaN, 0.35, 1, 97, 101, 850, 1e6].map(v => niceMax(v)), [1, 1, 1, 0.4, 1, 100, 150, 1000, 1e6])
  assert.deepEqual([1, 3, 1025, 512 * 2 ** 20].map(v => niceMax(v, 2)), [1, 4, 2048, 512 * 2 ** 20])
  for (let v = 1e-6; v < 1e12; v *= 1.7) assert.ok(niceMax(v) >= v * (1 - 1e-9) && niceMax(v) <= 2 * v, `${v}`)
})

test('a series has gaps where samples or values are missing, and stays within its place', () => {
  const scale = { start: 0, end: 100, max: 10, width: 100, height: 50, gap: 15 }
  const samples = [{ time: -5, v: 1 }, { time: 0, v: 0 }, { time: 10, v: 5 }, { time: 20 }, { time: 30, v: 20 }, { time: 80, v: 10 }]
  const parts = placed(samples, s => s.v, scale)
  assert.deepEqual(parts, [[[0, 50], [10, 25]], [[30, 0]], [[80, 0]]])
  assert.equal(line(parts), 'M0 50L10 25M30 0h.5M80 0h.5')
  assert.equal(area(parts.slice(0, 1), 50), 'M0 50L0 50L10 25L10 50Z')
  assert.equal(line(placed([], s => s.v, scale)), '')
})

test('the nearest sample is found by its time', () => {
  const samples = [0, 10, 20].map(time => ({ time }))
  assert.deepEqual([-9, 4, 6, 14, 99].map(at => nearest(samples, at)), [0, 0, 1, 1, 2])
  assert.equal(nearest([], 5), -1)
})

test('a chart shows as much time as there are samples, up to an hour', () => {
  const minutes = n => [{ time: 0 }, { time: n * 60_000 }]
  assert.deepEqual([[], minutes(4), minutes(6), minutes(59), minutes(600)].map(s => spanOf(s) / 60_000), [5, 5, 10, 60, 60])
})

const sampleAt = (seconds, more) => ({ at: new Date(seconds * 1000).toISOString(), people: 1, failed_saves: 0, refused: 0, ...more })

test('live samples of an interval become one: counts are summed up, delays the longest, others the newest', () => {
  const history = new History({ interval_seconds: 10, samples: [sampleAt(1000, { refused: 5 })] })
  for (let i = 1; i <= 6; i++) history.add(sampleAt(1000 + 2 * i, { people: i, refused: 1, ...i !== 3 && { delay_p99_seconds: 1 / i } }))
  assert.deepEqual(history.samples.map(s => s.refused), [5, 5, 1])
  assert.deepEqual(history.samples.map(s => s.people), [1, 5, 6])
  assert.deepEqual(history.samples.map(s => s.delay_p99_seconds), [undefined, 1, 1 / 6])
  assert.equal(history.total(s => s.refused), 11)
})

test('samples are kept for an hour, and one that came before is ignored', () => {
  const history = new History({ interval_seconds: 10, samples: [] })
  for (let i = 0; i <= 5000; i++) history.add(sampleAt(1000 + 2 * i))
  history.add(sampleAt(1000))
  assert.ok(history.samples.length <= 361, `${history.samples.length} samples`)
  assert.equal(history.samples.at(-1).time, 11_000_000)
})

test('the present value is at most a minute old', () => {
  const history = new History({ interval_seconds: 10, samples: [sampleAt(0, { delay: 7 }), sampleAt(50), sampleAt(59)] })
  assert.equal(history.now(s => s.delay), 7)
  history.add(sampleAt(60))
  assert.equal(history.now(s => s.delay), undefined)
})

test('names go into paths as one segment, and parameters without a value are left out', () => {
  assert.equal(path`/v1/rooms/${'notes/a b?#<'}/lock`, '/v1/rooms/notes%2Fa%20b%3F%23%3C/lock')
  assert.equal(withQuery('/v1/rooms', { search: 'é&', limit: 0, after: '', kind: undefined }), '/v1/rooms?search=%C3%A9%26&limit=0')
  assert.equal(withQuery('/v1/rooms', { after: '' }), '/v1/rooms')
})

test('a name that a browser would take for a step in a path is refused', () => {
  for (const name of ['.', '..']) {
    assert.throws(() => path`/v1/rooms/${name}/notice`, { name: 'not-addressable', status: 0 })
    assert.throws(() => path`/v1/rooms/record%3Aa/${name}`, { name: 'not-addressable' })
  }
  for (const name of ['...', '.a', '%2e%2e', '../..', 'record:..']) {
    assert.equal(new URL(path`/v1/rooms/${name}/notice`, 'http://localhost').pathname, `/v1/rooms/${encodeURIComponent(name)}/notice`)
  }
})

test('addresses that nobody has made are those of no page and of no group of events', () => {
  for (const name of ['constructor', '__proto__', 'toString', 'nothing']) {
    assert.equal(pageAt(name)[0], 'overview')
    assert.deepEqual(groupsOf(`people,${name}`), ['people'])
  }
  assert.equal(pageAt('rooms')[0], 'rooms')
  assert.deepEqual(groupsOf(''), [])
})

test('control characters and direction marks are readable; emoji and scripts stay as they are', () => {
  assert.equal(written('\u202Egnp.exe\n\u0000'), '⟨U+202E⟩gnp.exe⟨U+000A⟩⟨U+0000⟩')
  for (const text of ['👩‍👩‍👧', 'می‌خواهم', 'règlement', '<b>']) assert.equal(written(text), text)
})
