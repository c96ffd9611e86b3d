// The scales of charts.

// niceMax returns the least round number that is not below a value, for the top of a chart. The base
// is 10, or 2 for sizes, whose steps are powers of two.
export const niceMax = (value, base = 10) => {
  if (!(value > 0)) return 1
  if (base === 2) return 2 ** Math.ceil(Math.log2(value))
  const power = 10 ** Math.floor(Math.log10(value))
  return [1, 1.5, 2, 3, 4, 5, 6, 8, 10].map(step => step * power).find(max => max >= value * (1 - 1e-9))
}

// spans are the times that a chart may show, in milliseconds: a server that has just begun has no
// hour to show yet.
const spans = [5, 10, 20, 30, 60].map(minutes => minutes * 60_000)

// spanOf returns the least span that has all samples, at most an hour.
export const spanOf = samples => {
  const length = samples.length === 0 ? 0 : samples.at(-1).time - samples[0].time
  return spans.find(span => span >= length) ?? spans.at(-1)
}

// placed returns the points of a series: x from 0 to width for the times from start to end, y from
// height at 0 to 0 at max. A sample without a value begins a new part, so that gaps are seen; so
// does one that comes later than gap after the one before.
export const placed = (samples, value, { start, end, max, width, height, gap }) => {
  const parts = []
  let part = null
  let last = -Infinity
  for (const sample of samples) {
    const v = value(sample)
    if (sample.time < start) continue
    if (v === null || v === undefined || sample.time - last > gap) part = null
    last = sample.time
    if (v === null || v === undefined) continue
    if (!part) parts.push(part = [])
    part.push([(sample.time - start) / (end - start) * width, height - Math.min(1, v / max) * height])
  }
  return parts
}

const fixed = n => Math.round(n * 10) / 10

// line returns the path of a series; a part of one point is a short dash.
export const line = parts => parts.map(part =>
  `M${part.map(([x, y]) => `${fixed(x)} ${fixed(y)}`).join('L')}${part.length === 1 ? 'h.5' : ''}`).join('')

// area returns the path of what is below a series.
export const area = (parts, height) => parts.map(part =>
  `M${fixed(part[0][0])} ${height}L${part.map(([x, y]) => `${fixed(x)} ${fixed(y)}`).join('L')}L${fixed(part.at(-1)[0])} ${height}Z`).join('')

// nearest returns the index of the sample whose time is nearest, or -1.
export const nearest = (samples, time) => {
  let low = 0
  let high = samples.length - 1
  while (low < high) {
    const middle = (low + high) >> 1
    if (samples[middle].time < time) low = middle + 1
    else high = middle
  }
  return low > 0 && time - samples[low - 1].time < samples[low].time - time ? low - 1 : Math.min(low, samples.length - 1)
}
