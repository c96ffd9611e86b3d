// A row of the list of frames. Its bytes, or its text, are shown when it is opened.
import { h, say } from './dom.mjs'
import { dump } from './hex.mjs'
import { language, t } from './strings.mjs'

// Longer frames are shown in part.
const longest = 1 << 16

const clock = new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23' })

const ageWords = seconds => seconds < 60 ? t('age.seconds', { count: seconds }) : t('age.minutes', { count: Math.floor(seconds / 60) })

const shown = data => {
  const part = data.length > longest ? data.slice(0, longest) : data
  return (typeof part === 'string' ? part : dump(part)) + (part.length < data.length ? '\n…' : '')
}

export class FrameRow {
  constructor (frame) {
    this.frame = frame
    this.ago = h('span', { class: 'age' })
    const arrow = frame.event ? '•' : frame.direction === 'sent' ? '↑' : '↓'
    const head = [
      h('time', {}, clock.format(frame.at)), this.ago,
      h('span', { class: 'from' }, h('span', { class: 'arrow', 'aria-hidden': 'true' }, arrow),
        h('span', {}, t(`pane.${frame.pane}`)), h('span', { class: 'unseen' }, t(`direction.${frame.event ?? frame.direction}`))),
      h('span', { class: 'size' }, frame.event ? '' : t('unit.b', { count: frame.size })),
      h('span', { class: 'words' }, frame.messages.map(({ words }) => words).join(' · '))
    ]
    const dataset = { pane: frame.pane, kind: frame.kind, direction: frame.event ?? frame.direction }
    this.element = h('li', { dataset }, frame.event
      ? h('div', { class: 'head' }, ...head)
      : h('details', { ontoggle: ({ target }) => this.open(target) }, h('summary', { class: 'head' }, ...head)))
    this.age(Date.now())
  }

  age (now) { say(this.ago, ageWords(Math.max(0, Math.round((now - this.frame.at) / 1000)))) }

  open (details) {
    const { frame } = this
    if (details.childElementCount > 1) return
    const lines = frame.messages.flatMap(({ lines }) => lines)
    const region = { class: 'bytes', tabindex: '0', role: 'group', 'aria-label': t(typeof frame.data === 'string' ? 'frame.text' : 'frame.bytes') }
    details.append(h('div', { class: 'body' },
      h('ul', { class: 'parts' }, ...lines.map(line => h('li', {}, line))),
      h('pre', region, shown(frame.data))))
  }
}
