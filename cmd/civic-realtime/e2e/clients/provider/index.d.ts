import type { ObservableV2 } from 'lib0/observable'
import type { Awareness } from 'y-protocols/awareness'
import type { Doc } from 'yjs'

/** A token, for the header or subprotocol; its end, in milliseconds since 1970, if it is no JWT that says so. */
export type TokenAnswer = string | undefined | { readonly token: string, readonly expires?: number | null }

export type TokenSource = string | undefined | (() => TokenAnswer | Promise<TokenAnswer>)

export interface ProviderOptions {
  /**
   * The token, or a function that returns one. The function is asked before a connection that needs another token, and
   * again before that one ends: the connection stays open.
   */
  token?: TokenSource
  /** How messages are encoded (msgpack). */
  protocol?: 'json' | 'msgpack'
  /** Carets and names; made for the document if it is left out, and not used at all if it is null. */
  awareness?: Awareness | null
  /** Whether to connect at once (true). */
  connect?: boolean
  /** The longest wait before the next attempt to connect, in milliseconds (5000). The first is 100, each twice as long. */
  maxBackoffTime?: number
  /** By how much a wait may be shorter, at random, as a part of it (0.5). */
  jitter?: number
  /** The WebSocket to use where there is none, such as that of the package ws. */
  WebSocketPolyfill?: new (url: string, protocols?: string[]) => unknown
}

/** A user who is present, with any number of connections. */
export interface User {
  readonly id: string
  readonly name: string
  /** As in CSS, #rrggbb. */
  readonly color: string
  /** As others have sent it with cursor; an object without members, or nothing, for nowhere. */
  readonly cursor?: unknown
}

export interface StatusEvent {
  readonly status: 'connecting' | 'connected' | 'disconnected'
  /** The close code and its reason, of a connection that has ended. */
  readonly code?: number
  readonly reason?: string
}

export type ProviderEvents = {
  status: (event: StatusEvent) => void
  /** Whether the document has everything that the server has; synced is the same. */
  sync: (synced: boolean) => void
  synced: (synced: boolean) => void
  /** The number of edits that may not be durable yet. */
  unsaved: (count: number) => void
  /** Something was refused, with a code for programs and a message for people. */
  error: (error: { readonly code: string, readonly message: string }) => void
  /** A message of the server, or of an administrator, for the person. */
  notice: (notice: { readonly level: 'info' | 'warning', readonly message: string }) => void
  /** Somebody has joined, left, or moved a cursor. */
  users: (users: Map<string, User>) => void
  /** Whether the person may not write. */
  readonly: (readOnly: boolean) => void
  /** The server has taken a fresh token, which ends then; null for one without end. */
  token: (token: { readonly expires: number | null }) => void
  /** What another client has sent with signal. */
  signal: (signal: { readonly event: string, readonly user: { readonly id: string }, readonly [member: string]: unknown }) => void
  /** The connection was closed for good: the provider stays away until connect is called. */
  closed: (event: { readonly code: number, readonly reason: string }) => void
  /** A connection, or a token for one, could not be had. The provider tries again. */
  'connection-error': (error: unknown) => void
}

/** Keeps a Y.Doc synchronized with a room. */
export class Provider extends ObservableV2<ProviderEvents> {
  /** url is the address without the room, such as wss://docs.example.org/realtime/records; room is the record's id. */
  constructor (url: string, room: string, doc: Doc, options?: ProviderOptions)

  readonly doc: Doc
  readonly room: string
  readonly url: string
  readonly protocol: 'json' | 'msgpack'
  readonly awareness: Awareness | null
  /** The users who are present, by id. */
  readonly users: Map<string, User>
  /** The number of updates that the room has accepted. */
  readonly version: number
  readonly synced: boolean
  readonly connected: boolean
  readonly connecting: boolean
  /** Whether the person may not write; edits are then refused, and kept here. */
  readonly readOnly: boolean
  /** The number of edits that may not be durable yet. */
  readonly unsaved: number
  /** Connections to come use the token that is set. */
  token: TokenSource

  connect (): void
  disconnect (): void
  destroy (): void

  /** Gives the server a fresh token now. It is not needed where token is a function. */
  renew (token: string): void
  /** Shows others where the user is, for editors that do not use awareness: any JSON of at most 32 KiB. */
  cursor (cursor: unknown): void
  /** Sends all others in the room an event of one's own, such as typing, with further members. */
  signal (event: string, members?: Readonly<Record<string, unknown>>): void

  /** For administrators: removes a user from the room; for seconds, the user may not come back. */
  kick (id: string, options?: { reason?: string, seconds?: number }): void
  /** For administrators: makes the room read-only for everybody. */
  lock (reason?: string): void
  unlock (): void
  /** For administrators: shows everybody in the room a message. */
  notify (message: string, level?: 'info' | 'warning'): void
}

/** Whether something has to change before a client that was closed with this code may come back. */
export function isFinal (code: number): boolean

/**
 * The parts of an update, each of about max bytes at most, valid alone, and referring only to earlier ones. A struct
 * that is longer is a part of its own.
 */
export function split (update: Uint8Array, max: number): Uint8Array[]
