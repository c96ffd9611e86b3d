// The samples of the last hour: those of the server's history, and those that come live, which are
// put together to the same interval.
const hour = 3600_000 // milliseconds

const sums = ['failed_saves', 'refused']
const greatest = ['delay_p99_seconds', 'commit_p99_seconds', 'failing_rooms']

// History has the samples as a list, oldest first, with time in milliseconds.
export class History {
  constructor ({ interval_seconds: interval, samples }) {
    this.interval = interval * 1000
    this.samples = samples.map(timed)
    this.begun = this.samples.at(-1)?.time ?? 0 // of the sample that live ones are added to
  }

  // add takes a live sample.
  add (sample) {
    const next = timed(sample)
    const last = this.samples.at(-1)
    if (last && next.time <= last.time) return
    if (last && this.open && next.time - this.begun < this.interval) this.samples[this.samples.length - 1] = together(last, next)
    else {
      this.samples.push(next)
      this.begun = next.time
      this.open = true
    }
    while (this.samples[0].time < next.time - hour) this.samples.shift()
  }

  // now returns the newest value that is at most a minute old, or undefined.
  now (value) {
    const end = this.samples.at(-1)?.time
    for (let i = this.samples.length - 1; i >= 0 && end - this.samples[i].time < 60_000; i--) {
      const v = value(this.samples[i])
      if (v !== undefined && v !== null) return v
    }
  }

  // total sums a value up over the hour.
  total (value) {
    return this.samples.reduce((sum, s) => sum + (value(s) ?? 0), 0)
  }
}

const timed = sample => ({ ...sample, time: Date.parse(sample.at) })

const together = (before, next) => {
  const both = { ...before, ...next }
  for (const name of sums) both[name] = (before[name] ?? 0) + (next[name] ?? 0)
  for (const name of greatest) {
    const values = [before[name], next[name]].filter(v => v !== undefined)
    if (values.length > 0) both[name] = Math.max(...values)
  }
  return both
}
