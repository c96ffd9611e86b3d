// Something that a page asks the server again and again.
import { noDialog } from './dialog.js'

// pulse asks at once, and again some milliseconds after the answer, while the page is seen, until
// the signal. It returns a function that asks now: an answer that has not come yet is given up for
// the new one. ask(signal) returns a promise, show(answer) shows what it has resolved to, when no
// dialog is open, and failed(error) why it was rejected.
export const pulse = ({ ask, show, failed, every, signal }) => {
  let timer
  let running = null
  const run = async () => {
    clearTimeout(timer)
    running?.abort()
    running = null
    if (signal.aborted || document.hidden) return
    const mine = running = new AbortController()
    const tell = await outcome(ask, show, failed, mine.signal)
    if (running !== mine || signal.aborted) return
    running = null
    timer = setTimeout(run, every)
    tell()
  }
  document.addEventListener('visibilitychange', run, { signal })
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    running?.abort()
  })
  run()
  return run
}

// outcome resolves to a function that says how asking has ended.
const outcome = async (ask, show, failed, signal) => {
  try {
    const answer = await ask(signal)
    await noDialog()
    return () => show(answer)
  } catch (err) {
    return () => failed(err)
  }
}

// later returns a function that calls f when it was not called for some milliseconds.
export const later = (f, milliseconds, signal) => {
  let timer
  signal.addEventListener('abort', () => clearTimeout(timer))
  return () => {
    clearTimeout(timer)
    timer = setTimeout(f, milliseconds)
  }
}
