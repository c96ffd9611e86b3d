// Messages that differ from a given one in one place: a member is missing, or has a value of
// another type, or another text.

const others = [null, true, 7, 'other', [], {}]

export const mutants = message => [...within(message)]

function * within (value) {
  if (value === null || typeof value !== 'object') return
  for (const key of Object.keys(value)) {
    const { [key]: member, ...rest } = value
    yield Array.isArray(value) ? [] : rest
    for (const other of others) yield replaced(value, key, other)
    for (const changed of within(member)) yield replaced(value, key, changed)
  }
}

const replaced = (value, key, member) =>
  Array.isArray(value) ? value.map((was, i) => String(i) === key ? member : was) : { ...value, [key]: member }
