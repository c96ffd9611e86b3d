// Labels of carets: a name is shown for a moment after its caret has moved or its person has typed,
// so that it does not cover the line above for long. Pointing at the list of people shows all again.
import { caret } from './people.mjs'

const moment = 3000 // milliseconds

export class Labels {
  // place is the element with the editor, which is drawn anew when it likes.
  constructor (place, awareness) {
    Object.assign(this, { place, own: awareness.clientID, timers: new Map(), quiet: new Set() })
    this.caret = this.caret.bind(this)
    awareness.on('change', ({ added, updated, removed }) => {
      for (const client of [...added, ...updated]) this.moved(client)
      for (const client of removed) this.gone(client)
    })
    awareness.doc.on('afterTransaction', ({ beforeState, afterState }) => {
      for (const [client, clock] of afterState) if (this.timers.has(client) && beforeState.get(client) !== clock) this.moved(client)
    })
  }

  // caret makes a caret with a name, as an editor asks for it.
  caret (user, client) {
    const made = caret(user, client)
    made.dataset.client = client
    made.classList.toggle('quiet', this.quiet.has(client))
    return made
  }

  moved (client) {
    if (client === this.own) return
    clearTimeout(this.timers.get(client))
    this.timers.set(client, setTimeout(() => this.set(client, true), moment))
    this.set(client, false)
  }

  gone (client) {
    clearTimeout(this.timers.get(client))
    this.timers.delete(client)
    this.quiet.delete(client)
  }

  set (client, quiet) {
    if (quiet) this.quiet.add(client)
    else this.quiet.delete(client)
    for (const shown of this.place.querySelectorAll(`.caret[data-client="${client}"]`)) shown.classList.toggle('quiet', quiet)
  }
}
