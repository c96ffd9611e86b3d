// Numbers, sizes and times, as the chosen language writes them. null and undefined are "–".
import { locale, t } from './strings.js'

const none = '–'
const made = new Map() // Intl's formats, which take long to make

const format = (Kind, options, of = locale()) => {
  const id = `${Kind.name} ${of} ${JSON.stringify(options)}`
  if (!made.has(id)) made.set(id, new Kind(of, options))
  return made.get(id)
}

const decimals = (value, digits) => format(Intl.NumberFormat, { maximumFractionDigits: digits }).format(value)

const missing = value => value === null || value === undefined || Number.isNaN(value)

// number writes a number with at most some decimals.
export const number = (value, digits = 0) => missing(value) ? none : decimals(value, digits)

// significant writes about three digits.
const significant = value => decimals(value, value === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2)

// rate writes a number each second: 0, 0.4, 2.0, 1,250. Rates of a column have their decimals
// below each other.
export const rate = value => missing(value) ? none : value > 0 && value < 100 ? tenths(value) : decimals(value, 0)

const tenths = value => format(Intl.NumberFormat, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(value)

const powers = ['b', 'kib', 'mib', 'gib', 'tib']

// sizeParts returns the number and the unit of a size, written.
export const sizeParts = value => {
  if (missing(value)) return [none, '']
  let power = 0
  while (Math.abs(value) >= 1024 && power < powers.length - 1) {
    value /= 1024
    power++
  }
  return [power === 0 ? decimals(value, 0) : significant(value), t(`unit.${powers[power]}`)]
}

const joined = ([value, unit]) => unit ? `${value}\u00a0${unit}` : value

// bytes writes a size: 512 B, 1.5 MiB.
export const bytes = value => joined(sizeParts(value))

// delayParts returns the number and the unit of a short time in seconds, written: 850 µs, 12 ms, 2.1 s.
export const delayParts = seconds => {
  if (missing(seconds)) return [none, '']
  if (seconds < 0.001) return [decimals(seconds * 1e6, 0), t('unit.us')]
  if (seconds < 1) return [significant(seconds * 1000), t('unit.ms')]
  return [significant(seconds), t('unit.s')]
}

// delay writes a short time in seconds.
export const delay = seconds => joined(delayParts(seconds))

const units = [['d', 86400], ['h', 3600], ['min', 60], ['s', 1]]

// duration writes a time in seconds with its two greatest units: 2 d 3 h, 4 min 5 s.
export const duration = seconds => {
  if (missing(seconds)) return none
  if (seconds < 1) return delay(Math.max(0, seconds))
  let left = Math.floor(seconds)
  const parts = []
  const first = units.findIndex(([, size]) => left >= size)
  for (const [unit, size] of units.slice(first, first + 2)) {
    const n = Math.floor(left / size)
    left -= n * size
    if (n > 0) parts.push(`${decimals(n, 0)}\u00a0${t(`unit.${unit}`)}`)
  }
  return parts.join(' ')
}

// age writes how long ago a time was, a Date, a number of milliseconds or a text of RFC 3339.
export const age = (at, now = Date.now()) => {
  if (missing(at)) return none
  const seconds = (now - new Date(at)) / 1000
  const relative = format(Intl.RelativeTimeFormat, { numeric: 'auto' })
  const [unit, size] = [['day', 86400], ['hour', 3600], ['minute', 60]].find(([, s]) => Math.abs(seconds) >= s) ?? ['second', 1]
  return relative.format(-Math.trunc(seconds / size), unit)
}

// digital is the locale for times of a day: with colons, which tables need, in either language.
const digital = 'en-GB'

const times = (options, at) => format(Intl.DateTimeFormat, options, digital).format(new Date(at))

// time writes the time of a day: 14:05:09. clock leaves the seconds out.
export const time = at => missing(at) ? none : times({ timeStyle: 'medium' }, at)
export const clock = at => missing(at) ? none : times({ timeStyle: 'short' }, at)

// dateTime writes a day and a time.
export const dateTime = at => missing(at) ? none : `${format(Intl.DateTimeFormat, { dateStyle: 'medium' }).format(new Date(at))} ${time(at)}`
