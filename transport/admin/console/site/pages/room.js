// The page of one room.
import { h, replace, written } from '../lib/dom.js'
import { pulse } from '../lib/pulse.js'
import { sayError } from '../lib/say.js'
import { failure, loading } from '../lib/states.js'
import { documentOf } from './room/document.js'
import { headOf } from './room/head.js'
import { Model } from './room/model.js'
import { peopleOf } from './room/people.js'
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
    const show = now => {
      if (!room.shown) replace(place, parts.slice(1).map(p => p.element)) // it is known that there is something
      Object.assign(room, { shown: true, failed: false })
      for (const part of parts) part.update(now)
    }
    const failed = err => {
      if (!room.shown) replace(place, failure(err, room.now))
      else if (!room.failed) sayError(err)
      room.failed = true
    }
    room.run = pulse({ ask: asked => model.load(asked), show, failed, every, signal })
  }
}
