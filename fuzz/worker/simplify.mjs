// Smaller variants of an update, for shrinking a failure.
import * as wire from './wire.mjs'

const without = (list, i) => list.filter((_, j) => j !== i)

const withSection = (model, i, section) => ({ ...model, sections: model.sections.map((old, j) => j === i ? section : old) })

const shorterSections = function * (model) {
  for (const [i, section] of model.sections.entries()) {
    yield { ...model, sections: without(model.sections, i) }
    for (let n = section.structs.length >> 1; n > 0; n >>= 1) {
      yield withSection(model, i, { ...section, structs: section.structs.slice(0, -n) })
    }
  }
}

const fewerDeletes = function * (model) {
  for (const [i, entry] of model.deletes.entries()) {
    yield { ...model, deletes: without(model.deletes, i) }
    for (let j = 0; j < entry.ranges.length && entry.ranges.length > 1; j++) {
      yield { ...model, deletes: model.deletes.map((old, k) => k === i ? { ...old, ranges: without(old.ranges, j) } : old) }
    }
  }
}

/** Returns every update that has a little less content than this one; none if it cannot be read. */
export const simplify = update => {
  let model
  try { model = wire.read(update) } catch { return [] }
  return [...shorterSections(model), ...fewerDeletes(model)].map(wire.write)
}
