// BlockNote's VersioningEndpoints (@blocknote/core, extensions/Versioning) with the versions that
// the server keeps.
import * as Y from 'yjs'
import { API } from './api.js'

// snapshotOf returns BlockNote's form of a version. Its times are in milliseconds. The server's
// restored_from names the version that came after, and has no place in that form.
const snapshotOf = ({ id, name, created_at: created, by, why }) => {
  const createdAt = new Date(created).getTime()
  const users = [by ?? []].flat().map(user => user.id ?? user)
  return {
    id,
    createdAt,
    updatedAt: createdAt,
    ...(name ? { name } : {}),
    ...(users.length > 0 ? { by: users } : {}),
    ...(users.length === 0 && why ? { secondaryLabel: why } : {})
  }
}

const path = ({ id }, rest = '') => `versions/${encodeURIComponent(id)}${rest}`

// query returns a query with the ids of versions. The current one has none: the server takes the
// present document in its place.
const query = versions => {
  const given = Object.entries(versions).flatMap(([name, { id }]) => typeof id === 'string' ? [[name, id]] : [])
  return given.length > 0 ? `?${new URLSearchParams(given)}` : ''
}

// noneYet returns an empty page if nobody has opened the document yet: an editor may list its
// versions before its provider is connected.
const noneYet = err => {
  if (err.type?.endsWith(':document-not-found')) return { versions: [] }
  throw err
}

// createVersioningEndpoints returns the endpoints for one document.
export const createVersioningEndpoints = options => {
  const api = new API(options)
  const getContent = snapshot => api.bytes(path(snapshot, '?format=yjs'))
  return {
    async list () {
      const snapshots = []
      for (let after = ''; ;) {
        const page = await api.json('GET', `versions${after && `?after=${encodeURIComponent(after)}`}`).catch(noneYet)
        snapshots.push(...page.versions.map(snapshotOf))
        after = page.next_after
        if (!after) return snapshots.sort((a, b) => b.createdAt - a.createdAt)
      }
    },

    // The server keeps what it has by now: the edits of this page too, if they were saved.
    create: async (_doc, { name } = {}) => snapshotOf(await api.json('POST', 'versions', name ? { name } : {})),

    // The server keeps the present document as a version, and makes one edit of the restored one,
    // which comes to all pages as any other edit.
    async restore (_doc, snapshot) {
      await api.json('POST', path(snapshot, '/restore'))
      return getContent(snapshot)
    },

    getContent,

    // The changes from one version to another: what was added and removed, with the users who did
    // that. Without the first, they are all parts of the other, with the users who wrote them.
    async getAttributions (snapshot, compareTo) {
      if (!compareTo) return (await api.json('GET', `authors${query({ version: snapshot })}`)).parts
      return (await api.json('GET', `compare${query({ from: compareTo, to: snapshot })}`)).changes
    },

    rename: async (snapshot, name = '') => { await api.json('PATCH', path(snapshot), { name }) },

    remove: async snapshot => { await api.json('DELETE', path(snapshot)) }
  }
}

// restoredByServer returns the options of BlockNote's VersioningExtension: those of its adapter for
// Yjs 13, which cannot restore by itself, and encodes the current version in another way than it
// reads it.
export const restoredByServer = (adapter, endpoints) => ({
  ...adapter,
  endpoints,
  serializeCurrentContent: () => Y.encodeStateAsUpdate(adapter.getCurrentDocument().doc),
  preview: { ...adapter.preview, applyRestore () {} }
})
