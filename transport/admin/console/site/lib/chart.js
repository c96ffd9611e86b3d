// A line chart of the last hour in SVG, with the figures as a table for those who do not see it.
import { h, newID, replace, svg } from './dom.js'
import { clock, duration } from './format.js'
import { t } from './strings.js'
import { area, line, nearest, niceMax, placed, spanOf } from './scale.js'

const width = 600
const height = 110
const gap = 35_000 // milliseconds without a sample that are shown as a gap
const headroom = 1.05 // above the highest value
const rows = 13 // of the table

// chart returns { element, update(samples) }. The samples have a time in milliseconds, oldest first.
// Series have a label and value(sample), which may be undefined; the first one is filled. limit(sample)
// is a value that is drawn as a line of its own, such as a limit of memory; 0 is none. format writes
// a value; base is that of niceMax.
export const chart = ({ title, series, format, limit, base }) => {
  const paths = series.map((s, i) => svg('path', { class: `series s${i}`, 'vector-effect': 'non-scaling-stroke' }))
  const fill = svg('path', { class: 'area' })
  const bound = svg('path', { class: 'bound', 'vector-effect': 'non-scaling-stroke' })
  const cursor = svg('path', { class: 'cursor', 'vector-effect': 'non-scaling-stroke' })
  const label = newID()
  const picture = svg('svg', { class: 'chart-lines', viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: 'none', role: 'img', 'aria-labelledby': label },
    svg('title', { id: label }), grid(), fill, bound, paths, cursor)
  const top = h('span', { class: 'chart-top' })
  const begin = h('span')
  const readout = h('span', { class: 'chart-readout', 'aria-hidden': 'true' })
  const figures = h('details', { class: 'figures' }, h('summary', null, t('chart.figures'), h('span', { class: 'unseen' }, ` ${title}`)))
  const element = h('div', { class: 'chart' },
    h('div', { class: 'chart-plot' }, picture, top),
    h('div', { class: 'chart-axis', 'aria-hidden': 'true' }, begin, readout, h('span', null, t('chart.now'))),
    figures)
  let samples = []
  let scale
  const update = next => {
    samples = next
    const end = samples.at(-1)?.time ?? 0
    const bounded = limit ? samples.at(-1) && limit(samples.at(-1)) || 0 : 0
    const highest = samples.reduce((most, s) => series.reduce((m, one) => Math.max(m, one.value(s) ?? 0), most), 0)
    scale = { start: end - spanOf(samples), end, max: niceMax(Math.max(highest * headroom, bounded), base), width, height, gap }
    series.forEach((s, i) => {
      const parts = placed(samples, s.value, scale)
      paths[i].setAttribute('d', line(parts))
      if (i === 0) fill.setAttribute('d', area(parts, height))
    })
    bound.setAttribute('d', bounded > 0 ? `M0 ${height - bounded / scale.max * height}H${width}` : '')
    top.textContent = format(scale.max)
    begin.textContent = t('chart.ago', { time: duration((end - scale.start) / 1000) })
    picture.firstChild.textContent = summary(title, series, samples, format)
    if (figures.open) tabulate()
  }
  const tabulate = () => replace(figures, figures.firstChild, figuresOf(title, series, samples, format))
  figures.addEventListener('toggle', () => figures.open ? tabulate() : replace(figures, figures.firstChild))
  const point = event => {
    if (samples.length === 0) return
    const box = picture.getBoundingClientRect()
    const at = scale.start + (event.clientX - box.left) / box.width * (scale.end - scale.start)
    const sample = samples[nearest(samples, at)]
    const x = (sample.time - scale.start) / (scale.end - scale.start) * width
    cursor.setAttribute('d', `M${x} 0V${height}`)
    readout.textContent = `${clock(sample.time)} · ${series.map(s => valueOf(s, sample, format, series)).join(' · ')}`
  }
  picture.addEventListener('pointermove', point)
  picture.addEventListener('pointerleave', () => {
    cursor.setAttribute('d', '')
    readout.textContent = ''
  })
  return { element, update }
}

const grid = () => svg('path', { class: 'grid', 'vector-effect': 'non-scaling-stroke', d: [0, 0.5, 1].map(part => `M0 ${part * height}H${width}`).join('') })

const valueOf = (s, sample, format, series) => (series.length > 1 ? `${s.label} ` : '') + format(s.value(sample))

// summary says in a sentence what the lines show.
const summary = (title, series, samples, format) => {
  const parts = series.map(s => {
    const values = samples.map(s.value).filter(v => v !== undefined && v !== null)
    if (values.length === 0) return t('chart.nothing', { label: s.label })
    const range = { label: s.label, now: format(values.at(-1)), least: format(Math.min(...values)), most: format(Math.max(...values)) }
    return t('chart.summary', range)
  })
  return `${title}: ${parts.join('; ')}`
}

const figuresOf = (title, series, samples, format) => {
  const chosen = Array.from({ length: rows }, (_, i) => samples[Math.round(i * (samples.length - 1) / (rows - 1))])
  return h('table', { class: 'figures-table' },
    h('caption', { class: 'unseen' }, title),
    h('thead', null, h('tr', null, h('th', { scope: 'col' }, t('chart.time')), series.map(s => h('th', { scope: 'col', class: 'number' }, s.label)))),
    h('tbody', null, [...new Set(chosen)].filter(Boolean).map(sample => h('tr', null,
      h('th', { scope: 'row' }, clock(sample.time)), series.map(s => h('td', { class: 'number' }, format(s.value(sample))))))))
}
