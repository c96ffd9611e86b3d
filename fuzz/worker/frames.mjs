// Frames over the standard pipes: a length, a JSON head, then the blobs that the head refers to by index.
// Every length is four bytes, little-endian. Reading blocks: the worker handles one request at a time.
import { readSync, writeSync } from 'node:fs'

const idle = new Int32Array(new SharedArrayBuffer(4))

/** Retries where Node has made the pipes non-blocking. */
const blocking = call => {
  while (true) {
    try {
      return call()
    } catch (error) {
      if (error.code !== 'EAGAIN') throw error
      Atomics.wait(idle, 0, 0, 1)
    }
  }
}

const readFull = size => {
  const out = Buffer.allocUnsafe(size)
  for (let at = 0; at < size;) {
    const n = blocking(() => readSync(0, out, at, size - at, null))
    if (n === 0) process.exit(0)
    at += n
  }
  return out
}

const writeFull = bytes => {
  for (let at = 0; at < bytes.length;) at += blocking(() => writeSync(1, bytes, at))
}

const split = frame => {
  const parts = []
  for (let at = 0; at < frame.length;) {
    const end = at + 4 + frame.readUInt32LE(at)
    parts.push(frame.subarray(at + 4, end))
    at = end
  }
  return parts
}

/** @return {{head: any, blobs: Uint8Array[]}} the next request; at the end of input the process exits */
export const readFrame = () => {
  const [head, ...blobs] = split(readFull(readFull(4).readUInt32LE(0)))
  return { head: JSON.parse(head.toString()), blobs: blobs.map(b => new Uint8Array(b.buffer, b.byteOffset, b.length)) }
}

const sized = bytes => {
  const size = Buffer.allocUnsafe(4)
  size.writeUInt32LE(bytes.length)
  return [size, bytes]
}

export const writeFrame = (head, blobs) => {
  const body = Buffer.concat([Buffer.from(JSON.stringify(head)), ...blobs].flatMap(sized))
  writeFull(Buffer.concat(sized(body)))
}
