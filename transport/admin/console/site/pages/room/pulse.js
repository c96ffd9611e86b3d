// pulse calls f(signal) at once, and again some milliseconds after it has ended, while the page is
// seen, until the signal. It returns a function that calls f now: a call that is still going on is
// given up for it. f handles its errors; its signal is aborted when its result is not wanted.
export const pulse = (f, milliseconds, signal) => {
  let timer
  let running = null
  const run = async () => {
    clearTimeout(timer)
    running?.abort()
    running = null
    if (signal.aborted || document.hidden) return
    const mine = running = new AbortController()
    await f(mine.signal)
    if (running !== mine || signal.aborted) return
    running = null
    timer = setTimeout(run, milliseconds)
  }
  document.addEventListener('visibilitychange', run, { signal })
  signal.addEventListener('abort', () => {
    clearTimeout(timer)
    running?.abort()
  })
  run()
  return run
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

// noDialog resolves when no dialog is open. Nothing on the page changes while one asks, so that the
// focus can return to where it was.
export const noDialog = () => new Promise(resolve => {
  const dialog = document.querySelector('dialog[open]')
  dialog ? dialog.addEventListener('close', resolve, { once: true }) : resolve()
})
