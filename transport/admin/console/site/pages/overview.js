// The server at a glance: its state, and the last hour in figures.
import { drain, noticeAll, reload } from '../actions.js'
import { get } from '../lib/api.js'
import { chart } from '../lib/chart.js'
import { h, replace } from '../lib/dom.js'
import * as format from '../lib/format.js'
import { History } from '../lib/history.js'
import { inFrame, onSample } from '../lib/live.js'
import { pulse } from '../lib/pulse.js'
import { failure, loading } from '../lib/states.js'
import { t } from '../lib/strings.js'
import { streamState } from '../lib/streamstate.js'
import { serverState } from './overview/server.js'

const statusEvery = 10_000 // milliseconds

export const page = {
  title: () => t('overview.title'),
  mount: (main, params, signal) => {
    let node // that is asked, if there are several
    const stream = streamState()
    const server = serverState()
    const charts = h('div', { class: 'charts' }, loading())
    main.append(
      h('div', { class: 'head' }, h('div', { class: 'titled' }, h('h1', null, t('overview.title')), stream.badge),
        h('div', { class: 'toolbar' }, orders(() => node))),
      stream.notice, server.element, charts)
    const update = status => {
      node = status.nodes?.length > 1 ? status.node : undefined
      server.update(status)
    }
    const ask = asked => get('/v1/status', null, { signal: asked })
    const again = pulse({ ask, show: update, failed: server.failed, every: statusEvery, signal })
    follow(charts, stream, signal, state => {
      for (const element of [charts, server.element]) element.classList.toggle('stale', state === 'lost')
      if (state === 'live') again()
    })
  }
}

// orders are for all nodes, or for the one that node() names.
const orders = node => [
  button(t('notice.open'), noticeAll), button(t('reload.action'), () => reload({ node: node() })), button(t('drain.action'), () => drain(node()), 'danger')
]

const button = (label, onclick, kind = '') => h('button', { type: 'button', class: `button ${kind}`, onclick }, label)

// follow loads the last hour, and again after the stream was away, and adds what comes. onState is
// called with the states of the stream.
const follow = (element, stream, signal, onState) => {
  const cards = figures().map(card)
  let history = null
  let asked = false
  const draw = inFrame(() => {
    if (!signal.aborted && history) for (const one of cards) one.update(history)
  })
  const load = async () => {
    if (asked) return
    asked = true
    try {
      history = new History(await get('/v1/history', null, { signal }))
      if (cards[0].element.parentNode !== element) replace(element, cards.map(c => c.element))
      draw()
    } catch (err) {
      if (!history && !signal.aborted) replace(element, failure(err, load))
    }
    asked = false
  }
  onSample(sample => {
    history?.add(sample)
    stream.sample(sample)
    draw()
  }, signal, state => {
    stream.become(state)
    onState(state)
    if (state === 'live') load()
  })
  load()
}

const value = name => sample => sample[name]
const whole = v => [format.number(v), '']
const each = v => [format.number(v, v < 100 ? 1 : 0), t('unit.perSecond')]

// figures are the charts: key, parts(value) for the big figure, written(value), series as names of
// members of a sample, and remark(history).
const figures = () => [
  { key: 'people', series: ['people'], parts: whole },
  { key: 'connections', series: ['connections'], parts: whole },
  { key: 'rooms', series: ['rooms'], parts: whole },
  { key: 'updates', series: ['updates_per_second'], parts: each },
  { key: 'delay', series: ['delay_p99_seconds', 'delay_p50_seconds'], parts: format.delayParts },
  { key: 'commit', series: ['commit_p99_seconds', 'commit_p50_seconds'], parts: format.delayParts },
  { key: 'memory', series: ['memory_bytes'], parts: format.sizeParts, base: 2, limit: value('memory_limit_bytes'), remark: ofLimit },
  { key: 'failed', series: ['failed_saves'], parts: whole, now: history => history.now(value('failing_rooms')), remark: inHour('failed_saves'), bad: true },
  { key: 'refused', series: ['refused'], parts: whole, now: history => history.total(value('refused')) }
]

const ofLimit = history => {
  const limit = history.now(value('memory_limit_bytes'))
  const used = history.now(value('memory_bytes'))
  if (!limit) return t('overview.memory.free')
  return t('overview.memory.of', { limit: format.bytes(limit), percent: format.number(used / limit * 100) })
}

const inHour = name => history => t('overview.inHour', { count: history.total(value(name)) })

// card shows a figure, what it is about, and its chart.
const card = ({ key, series, parts, base, limit, remark, now, bad }) => {
  const title = t(`overview.${key}`)
  const written = v => parts(v).filter(Boolean).join('\u00a0')
  const lines = series.map(name => ({ label: series.length > 1 ? t(name.includes('p99') ? 'overview.p99' : 'overview.p50') : title, value: value(name) }))
  const drawn = chart({ title, series: lines, format: written, base, limit })
  const main = h('span', { class: 'figure-value' })
  const unit = h('span', { class: 'figure-unit' })
  const side = h('span', { class: 'figure-side' })
  const about = h('p', { class: 'figure-about' })
  const element = h('section', { class: 'card figure' },
    h('h2', null, title), h('p', { class: 'figure-now' }, main, ' ', unit, side), about, drawn.element)
  const update = history => {
    const v = now ? now(history) : history.now(lines[0].value)
    const [number, name] = parts(v)
    set(main, number)
    set(unit, series.length > 1 ? `${name} ${t('overview.p99')}` : key === 'refused' ? t('overview.refused.unit') : key === 'failed' ? t('overview.failed.unit') : name)
    if (series.length > 1) set(side, `${written(history.now(lines[1].value))} ${t('overview.p50')}`)
    set(about, remark ? remark(history) : t(`overview.${key}.about`))
    if (bad) element.classList.toggle('bad', v > 0)
    drawn.update(history.samples)
  }
  return { element, update }
}

// set leaves a text that is the same alone.
const set = (element, text) => {
  if (element.textContent !== text) element.textContent = text
}
