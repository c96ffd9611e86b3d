import type { XmlFragment } from 'yjs'

export interface APIOptions {
  /** The server, such as https://docs.example.org. */
  url: string
  /** The document: a record's id, or the key of its room. */
  room: string
  /** The token, or a function that returns one; it is asked again when the server refuses the token. */
  token?: Token | (() => Token | { readonly token: string } | Promise<Token | { readonly token: string }>)
  /** Used in the place of the global fetch. */
  fetch?: typeof fetch
}

export type Token = string | undefined

/** A version in BlockNote's form; times are in milliseconds since 1970. */
export interface Snapshot {
  id: string
  name?: string
  createdAt: number
  updatedAt: number
  /** Why the server made the version, for those that nobody asked for. */
  secondaryLabel?: string
  /** The ids of users. */
  by?: string[]
}

/** A version, or BlockNote's entry for the current document, whose id is a symbol. */
export interface SnapshotReference {
  id: string | symbol
}

/** A part of a document, or of what differs between two versions: docs/api.md has all members. */
export interface Change {
  readonly type: string
  /** The name of the shared type. */
  readonly root: string
  /** The block that the part is in. */
  readonly path: ReadonlyArray<number | string>
  /** The first unit in that block, and the one behind the last; of a deletion in the older version. */
  readonly from: number
  readonly to: number
  readonly text?: string
  /** Who wrote or deleted it, if that is known. */
  readonly by?: { readonly id: string, readonly name?: string, readonly on_behalf_of?: string }
  readonly [member: string]: unknown
}

/** What BlockNote's VersioningExtension takes as endpoints, with all of its optional members. */
export interface Endpoints {
  /** The newest first. */
  list: () => Promise<Snapshot[]>
  create: (doc: unknown, options?: { name?: string }) => Promise<Snapshot>
  restore: (doc: unknown, snapshot: SnapshotReference) => Promise<Uint8Array>
  getContent: (snapshot: SnapshotReference) => Promise<Uint8Array>
  /** What has changed since compareTo; without it, all parts of the version. */
  getAttributions: (snapshot: SnapshotReference, compareTo?: SnapshotReference) => Promise<Change[]>
  rename: (snapshot: SnapshotReference, name?: string) => Promise<void>
  remove: (snapshot: SnapshotReference) => Promise<void>
}

export function createVersioningEndpoints (options: APIOptions): Endpoints

/** What createYjsVersioningAdapter of @blocknote/core/yjs returns. */
export interface Adapter {
  preview: {
    supportsComparison?: boolean
    enterPreview: (content: Uint8Array, compareTo?: Uint8Array) => void
    exitPreview: () => void
    applyRestore: (content: Uint8Array) => void
  }
  getCurrentDocument: () => XmlFragment
}

/** The options of BlockNote's VersioningExtension: a restored version comes from the server as an edit. */
export function restoredByServer<A extends Adapter> (adapter: A, endpoints: Endpoints): A & {
  endpoints: Endpoints
  serializeCurrentContent: () => Uint8Array
}

/** The error of a request that the server has answered with a problem (RFC 9457). */
export class APIError extends Error {
  readonly status: number
  readonly type: string
  readonly title: string
  readonly detail: string | undefined
}
