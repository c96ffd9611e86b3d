// A WebSocket whose frames are noted as they are sent and received.

const bytesOf = data => typeof data === 'string' ? data : new Uint8Array(data).slice()

// recording returns a class for one pane. note is called with {direction, data} for each frame, data
// being a string or bytes, and with {event, code, reason} when the connection opens and closes.
export const recording = note => class extends WebSocket {
  constructor (url, protocols) {
    super(url, protocols)
    this.binaryType = 'arraybuffer'
    this.addEventListener('open', () => note({ event: 'opened' }))
    this.addEventListener('message', ({ data }) => note({ direction: 'received', data: bytesOf(data) }))
    this.addEventListener('close', ({ code, reason }) => note({ event: 'closed', code, reason }))
  }

  send (data) {
    if (this.readyState === WebSocket.OPEN) note({ direction: 'sent', data: bytesOf(data) })
    super.send(data)
  }
}
