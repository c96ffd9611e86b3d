// The JSON messages of docs/protocol.md (subprotocol civicpress.v1.json), one object in one text frame. Members that are
// not listed may be added to any of them. docs/protocol.schema.json says the same as JSON Schema.

/** What a client sends. */
export type ClientMessage =
  | ClientUpdate | ClientRequest
  | ClientCursor | ClientAwareness | ClientJoined | ClientLeft | ClientSignal
  | ClientAuth | ClientKick | ClientLock | ClientUnlock | ClientNotice
  | ClientPing

/** What the server sends. */
export type ServerMessage =
  | ServerUpdate | ServerReply
  | ServerRoomState | ServerAccess | ServerAck | ServerError | ServerNotice | ServerSessionRevoked | ServerAuth
  | ServerJoined | ServerLeft | ServerCursor | ServerAwareness | ServerSignal
  | ServerPong

/** Bytes in base64, standard alphabet, with or without padding. */
export type Base64 = string

/** A whole number from 0 to 2^53-1. */
export type Count = number

export type UnixMilliseconds = number

/** An update of the document, with the newest version that the client has seen. */
export interface ClientUpdate {
  readonly type: 'sync'
  readonly event?: never
  readonly update: Base64
  readonly version?: Count
}

/** Asks for what the client lacks; without a state vector, for the whole document. */
export interface ClientRequest {
  readonly type: 'sync'
  readonly event: 'request'
  readonly stateVector?: Base64
}

/** Where the user's cursor is; null for nowhere. */
export interface ClientCursor {
  readonly type: 'presence'
  readonly event: 'cursor'
  readonly cursor: JSONValue
}

/** An awareness update of y-protocols. */
export interface ClientAwareness {
  readonly type: 'presence'
  readonly event: 'awareness'
  readonly awareness: Base64
}

/** Asks for everybody's cursor and awareness once more. */
export interface ClientJoined {
  readonly type: 'presence'
  readonly event: 'joined'
}

/** Withdraws the client's own cursor. */
export interface ClientLeft {
  readonly type: 'presence'
  readonly event: 'left'
}

/** Passed on to all others with whatever else is in it, and so is any other event that is not known. */
export interface ClientSignal {
  readonly type: 'presence'
  readonly event: 'typing' | 'idle'
}

/** A fresh token for the same user. */
export interface ClientAuth {
  readonly type: 'control'
  readonly event: 'auth'
  readonly token: string
}

/** Removes a user from the room; for a number of seconds, the user may not come back. For administrators. */
export interface ClientKick {
  readonly type: 'control'
  readonly event: 'kick'
  readonly user: UserID
  readonly reason?: string
  readonly for?: Count
}

/** Makes the room read-only for all. For administrators. */
export interface ClientLock {
  readonly type: 'control'
  readonly event: 'lock'
  readonly reason?: string
}

/** Ends a lock. For administrators. */
export interface ClientUnlock {
  readonly type: 'control'
  readonly event: 'unlock'
}

/** Is shown to all in the room. For administrators. */
export interface ClientNotice {
  readonly type: 'control'
  readonly event: 'notice'
  readonly notice: { readonly level: 'info' | 'warning', readonly message: string }
}

export interface ClientPing {
  readonly type: 'ping'
}

/** An update of the document. from is the id of its last author, where it is one batch of live updates. */
export interface ServerUpdate {
  readonly type: 'sync'
  readonly event?: never
  readonly update: Base64
  readonly version: Count
  readonly from?: string
}

/** The answer to a request, or a part of it; or a further part of the document after room_state. */
export interface ServerReply {
  readonly type: 'sync'
  readonly event: 'reply'
  readonly update: Base64
  readonly version: Count
}

/** Who is there, and the document or its first part. */
export interface ServerRoomState {
  readonly type: 'control'
  readonly event: 'room_state'
  readonly room: {
    readonly id: string
    readonly participants: readonly Participant[]
    readonly yjsState: Base64
    readonly version: Count
    readonly readOnly: boolean
    readonly stateVector?: Base64
    /** How many replies follow that belong to the document; left out for 0. */
    readonly more?: Count
    /** How many updates of this connection are acknowledged, or will not be. */
    readonly settled: Count
  }
}

/** Whether the client's updates are refused from now on. */
export interface ServerAccess {
  readonly type: 'control'
  readonly event: 'access'
  readonly readOnly: boolean
}

/** The next count updates of this connection are durable. */
export interface ServerAck {
  readonly type: 'control'
  readonly event: 'ack'
  readonly version: Count
  readonly count: Count
}

/** A code for the program and a message for people. */
export interface ServerError {
  readonly type: 'control'
  readonly event: 'error'
  readonly error: { readonly code: ErrorCode, readonly message: string }
}

export interface ServerNotice {
  readonly type: 'control'
  readonly event: 'notice'
  readonly notice: { readonly level: 'info' | 'warning', readonly message: string }
}

/** Why the connection is about to be closed. */
export interface ServerSessionRevoked {
  readonly type: 'control'
  readonly event: 'session.revoked'
  readonly reason: string
}

/** A fresh token was taken; it ends at expires, or never. */
export interface ServerAuth {
  readonly type: 'control'
  readonly event: 'auth'
  readonly expires?: UnixMilliseconds
}

export interface ServerJoined {
  readonly type: 'presence'
  readonly event: 'joined'
  readonly user: Participant
}

export interface ServerLeft {
  readonly type: 'presence'
  readonly event: 'left'
  readonly user: UserID
}

/** Where somebody's cursor is; an object without members for nowhere. */
export interface ServerCursor {
  readonly type: 'presence'
  readonly event: 'cursor'
  readonly user: UserID
  readonly cursor: Exclude<JSONValue, null>
}

/** An awareness update of y-protocols. */
export interface ServerAwareness {
  readonly type: 'presence'
  readonly event: 'awareness'
  readonly user: UserID
  readonly awareness: Base64
}

/** What another client has said, and so is any other event that is not known. */
export interface ServerSignal {
  readonly type: 'presence'
  readonly event: 'typing' | 'idle'
  readonly user: UserID
}

export interface ServerPong {
  readonly type: 'pong'
  readonly timestamp: UnixMilliseconds
}

export interface Participant {
  readonly id: string
  readonly name: string
  /** As in CSS, #rrggbb. */
  readonly color: `#${string}`
}

export interface UserID {
  readonly id: string
}

export type ErrorCode =
  | 'AUTH_FAILED'
  | 'CONNECTION_LIMIT_EXCEEDED'
  | 'DOCUMENT_TOO_LARGE'
  | 'INTERNAL'
  | 'INVALID_MESSAGE'
  | 'INVALID_UPDATE'
  | 'KICKED'
  | 'MESSAGE_TIMEOUT'
  | 'MESSAGE_TOO_LARGE'
  | 'PERMISSION_DENIED'
  | 'RATE_LIMIT_EXCEEDED'
  | 'REALTIME_DISABLED'
  | 'RESTARTING'
  | 'ROOM_DELETED'
  | 'ROOM_LOCKED'
  | 'ROOM_NOT_FOUND'
  | 'SESSION_REVOKED'
  | 'VERSION_MISMATCH'

export type JSONValue =
  | null | boolean | number | string
  | readonly JSONValue[]
  | { readonly [member: string]: JSONValue }
