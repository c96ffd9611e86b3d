// What is known of a room: its detail, and, where it is not loaded, what is stored of it.
import { get, path } from '../../lib/api.js'

const storedOf = async (name, signal) => {
  const { rooms } = await get('/v1/stored', { prefix: name, limit: 1 }, { signal })
  return rooms.find(r => r.name === name) ?? null
}

const lockOf = ({ locked, locked_by: by, locked_at: at }) => locked && at ? { by, at } : null

let asked = null // the question whether records come from elsewhere

// refreshable tells whether the server has its records from CivicPress or by hooks. Where that cannot
// be found out they may be.
const refreshable = () => asked ??= get('/v1/config').then(
  ({ keys }) => ['civicpress.url', 'hooks.load'].some(key => keys.find(k => k.key === key)?.value), () => true)

// Model loads what is known: load returns { name, detail, loaded, stored, lock, deleted, refreshable }.
// detail is null if there is no such room.
export class Model {
  constructor (name) { this.name = name }

  async load (signal) {
    const detail = await this.detail(signal)
    const loaded = detail !== null && detail.state !== 'stored'
    const stored = detail === null || loaded ? null : await storedOf(this.name, signal)
    const lock = detail && lockOf(detail)
    return { name: this.name, detail, loaded, stored, lock, deleted: stored?.deleted_at ?? null, refreshable: await refreshable() }
  }

  async detail (signal) {
    try {
      return await get(path`/v1/rooms/${this.name}`, {}, { signal })
    } catch (err) {
      if (err.status === 404) return null
      throw err
    }
  }
}
