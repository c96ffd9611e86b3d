// The page of one room.
import { h, replace, written } from '../lib/dom.js'
import { sayError } from '../lib/say.js'
import { failure, loading } from '../lib/states.js'
import { documentOf } from './room/document.js'
import { headOf } from './room/head.js'
import { Model } from './room/model.js'
import { peopleOf } from './room/people.js'
import { noDialog, pulse } from './room/pulse.js'
import { versionsOf } from './room/versions.js'
import { waitsOf } from './room/waits.js'

const every = 3000 // milliseconds

export const page = {
  title: ({ room }) => written(room),
  mount (main, { room: name }, signal) {
    const room = { name, signal, now: () => room.run?.() }
    const model = new Model(name)
    const head = headOf(room)
    const parts = [head, waitsOf(), peopleOf(room), documentOf(room), versionsOf(room)]
    const place = h('div', { class: 'stack room-parts' }, loading())
    main.append(head.element, place)
    room.run = pulse(asked => load(model, parts, place, asked, room), every, signal)
  }
}

// load shows what is known now. The parts are shown once it is known that there is something.
const load = async (model, parts, place, signal, room) => {
  try {
    const now = await model.load(signal)
    await noDialog()
    if (signal.aborted) return
    if (!room.shown) replace(place, parts.slice(1).map(p => p.element))
    room.shown = true
    room.failed = false
    for (const part of parts) part.update(now)
  } catch (err) {
    if (err.name === 'AbortError') return
    if (!room.shown) replace(place, failure(err, room.now))
    else if (!room.failed) sayError(err)
    room.failed = true
  }
}
