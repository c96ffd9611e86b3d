// Names of clients: those that a pane has seen a person of, and for others their number.
import { t } from './strings.mjs'

export class Names {
  constructor () { this.known = new Map() }

  // watch remembers whoever comes to a pane.
  watch ({ awareness }) {
    const look = () => {
      for (const [client, { user }] of awareness.getStates()) if (typeof user?.name === 'string') this.known.set(client, user.name.slice(0, 60))
    }
    awareness.on('change', look)
    look()
  }

  // of returns the name of a client.
  get of () { return client => this.known.get(client) ?? t('client', { client: String(client) }) }
}
