// The users in a room and the positions of their carets, in any protocol.
import * as Y from 'yjs'

// point puts the client's own caret into the text, as editors do: relative to the content.
export const point = ({ provider, doc }, at) => {
  const place = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(doc.getText('text'), at))
  const cursor = { anchor: place, head: place }
  if (!provider.awareness) provider.cursor(cursor)
  else provider.awareness.setLocalState({ user: { name: 'Impostor', color: '#123456' }, cursor })
}

// carets lists "name@index" for each user, or "name" without a caret, sorted. A client with awareness
// leaves itself out.
export const carets = ({ provider, doc }) => {
  const people = !provider.awareness
    ? [...provider.users.values()].map(({ name, cursor }) => [name, cursor])
    : [...provider.awareness.getStates()].filter(([id]) => id !== provider.awareness.clientID).map(([, { user, cursor }]) => [user?.name ?? '?', cursor])
  return people.map(([name, cursor]) => cursor?.head ? `${name}@${index(doc, cursor.head)}` : name).sort()
}

// index returns the position of a caret, as y-prosemirror and y-codemirror do to draw it.
const index = (doc, place) =>
  Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(place), doc)?.index ?? 'nowhere'
