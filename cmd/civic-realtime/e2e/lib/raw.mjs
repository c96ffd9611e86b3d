// Clients without a provider: one that sends invalid messages, and one that receives every frame of
// a room.
import * as Y from 'yjs'
import * as decoding from 'lib0/decoding'
import * as awarenessProtocol from 'y-protocols/awareness'
import WebSocket from 'ws'
import { corpus } from './garbage.mjs'
import { missing, report } from './state.mjs'

// A fence requests the room's state: the answer shows that the server has processed everything
// before it.
const fence = Uint8Array.of(0, 0, 1, 0)
// known asks who is present. After a first message of the protocol an unknown one does not end the
// connection.
const known = Uint8Array.of(3)
const isState = frame => frame[0] === 0 && frame[1] === 1

// attack sends the named case over a connection of its own and returns how that ended: with the
// server's answer, or with a close code. victim is the client id of a well-behaved client to
// impersonate.
export const attack = ({ url, name, seed, marker, victim }) => new Promise((resolve, reject) => {
  const frames = corpus({ seed, marker, victim })[name]()
  const ws = new WebSocket(url, 'y-websocket')
  ws.binaryType = 'nodebuffer'
  ws.on('open', () => {
    ws.send(known)
    for (const frame of frames) ws.send(frame)
    ws.send(fence)
  })
  ws.on('message', frame => { if (isState(frame) && ws.readyState === WebSocket.OPEN) ws.close(1000) })
  ws.on('close', (code, reason) => resolve({ frames: frames.length, code, reason: reason.toString() }))
  // A server that closes while a large frame is being written resets the connection; the close
  // event follows.
  ws.on('error', error => { if (ws.readyState === WebSocket.CONNECTING) reject(error) })
})

export const attackNames = () => Object.keys(corpus({ seed: 0, marker: 'none', victim: 0 }))

// A Listener applies every frame that it receives to a document of its own, and records those that
// real Yjs refuses.
export class Listener {
  constructor (url) {
    this.doc = new Y.Doc()
    this.awareness = new awarenessProtocol.Awareness(this.doc)
    this.awareness.setLocalState(null)
    this.frames = []
    this.faults = []
    this.onFrame = () => {}
    this.ws = new WebSocket(url, 'y-websocket')
    this.ws.binaryType = 'nodebuffer'
    this.opened = new Promise((resolve, reject) => {
      this.ws.on('open', resolve)
      this.ws.on('error', reject)
    })
    this.ws.on('open', () => this.ws.send(fence))
    this.ws.on('close', (code, reason) => this.faults.push(`closed: ${code} ${reason}`))
    this.ws.on('message', (frame, isBinary) => this.receive(frame, isBinary))
  }

  receive (frame, isBinary) {
    this.frames.push(frame)
    try {
      if (!isBinary) throw new Error('a text frame')
      this.apply(decoding.createDecoder(new Uint8Array(frame)))
    } catch (error) {
      this.faults.push(`${frame.subarray(0, 200).toString('hex')}: ${error}`)
    }
    this.onFrame()
  }

  // covers resolves when everything in claims has been received.
  covers (claims, deadline) {
    return new Promise((resolve, reject) => {
      const lacks = () => claims.flatMap(claim => missing(this.doc, claim))
      const timer = setTimeout(() => reject(new Error(`the listener lacks ${lacks()}; faults: ${this.faults}`)), deadline)
      this.onFrame = () => {
        if (lacks().length > 0) return
        clearTimeout(timer)
        resolve()
      }
      this.onFrame()
    })
  }

  apply (decoder) {
    switch (decoding.readVarUint(decoder)) {
      case 0:
        return this.applySync(decoding.readVarUint(decoder), decoding.readVarUint8Array(decoder))
      case 1:
        return awarenessProtocol.applyAwarenessUpdate(this.awareness, decoding.readVarUint8Array(decoder), null)
      default:
        throw new Error('a message that no client expects')
    }
  }

  applySync (kind, body) {
    if (kind === 0) Y.decodeStateVector(body)
    else if (kind <= 2) Y.applyUpdate(this.doc, body)
    else throw new Error(`sync message ${kind}`)
  }

  report (marker) {
    const needle = Buffer.from(marker)
    const leaks = this.frames.filter(frame => frame.includes(needle)).length
    const { hash, pending } = report(this.doc)
    return { hash, pending, leaks, faults: this.faults, frames: this.frames.length, peers: this.awareness.getStates().size }
  }
}
