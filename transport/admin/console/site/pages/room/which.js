// Versions as values of form fields. Those that are on the disk of a node have its name with them,
// as other nodes have versions of the same numbers.

// current stands for the present document.
export const current = 'current'

export const valueOf = version => version.node ? `${version.id}@${version.node}` : String(version.id)

// which returns the version of a value: { version, node }, version being an id or current, and node
// undefined unless it is on the disk of a node alone.
export const which = value => {
  const [version, ...node] = value.split('@')
  return { version, node: node.length > 0 ? node.join('@') : undefined }
}
