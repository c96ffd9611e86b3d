// The tree of a document, made of the parts that the server lists with their authors.

const keyOf = (root, path) => JSON.stringify([root, path])

const newRoot = name => ({ type: 'root', root: name, name, path: [], children: [], entries: [] })

const newNode = part => ({ ...part, children: [], entries: [], at: part.path })

// placeOf is the path of what is in a block.
const placeOf = part => [...part.path, part.type === 'entry' ? part.key : part.from]

const holds = part => part.block !== undefined && part.block !== ''

// treeOf returns the roots in their order. A node is a part with children, the units of its list in
// their order, and entries, its keys; those of a root have its name and type "root". Of nodes that
// hold others, path is that of what is in them, and at the one of the block that they are in.
export const treeOf = parts => {
  const roots = []
  const places = new Map()
  const rootOf = name => {
    const key = keyOf(name, [])
    if (!places.has(key)) {
      places.set(key, newRoot(name))
      roots.push(places.get(key))
    }
    return places.get(key)
  }
  for (const part of parts) {
    const root = rootOf(part.root)
    const parent = places.get(keyOf(part.root, part.path)) ?? root
    const node = newNode(part)
    if (holds(part)) {
      node.path = placeOf(part)
      places.set(keyOf(part.root, node.path), node)
    }
    (part.type === 'entry' ? parent.entries : parent.children).push(node)
  }
  return roots
}

// withRoots adds roots of those names that are missing.
export const withRoots = (roots, names) => {
  const known = new Set(roots.map(r => r.root))
  const missing = [...new Set(names)].filter(name => !known.has(name))
  return [...roots, ...missing.map(newRoot)]
}

// valueText returns a value as JSON, cut after some characters.
export const valueText = (value, most = 400) => {
  const text = JSON.stringify(value) ?? 'null'
  return text.length > most ? `${text.slice(0, most)}…` : text
}
