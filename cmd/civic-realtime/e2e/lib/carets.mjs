// The users in a room and the positions of their carets, in any protocol.
import * as Y from 'yjs'

// point puts the client's own caret into the text, as editors do: relative to the content.
export const point = ({ native, provider, doc }, at) => {
  const place = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(doc.getText('text'), at))
  const cursor = { anchor: place, head: place }
  if (native) provider.cursor(cursor)
  else provider.awareness.setLocalState({ user: { name: 'Impostor', color: '#123456' }, cursor })
}

// carets lists "name@index" for each user, or "name" without a caret, sorted. A y-websocket client
// leaves itself out.
export const carets = ({ native, provider, doc }) => {
  const people = native
    ? [...provider.people.values()].map(({ name, cursor }) => [name, cursor])
    : [...provider.awareness.getStates()].filter(([id]) => id !== provider.awareness.clientID).map(([, { user, cursor }]) => [user?.name ?? '?', cursor])
  return people.map(([name, cursor]) => cursor?.head ? `${name}@${index(doc, cursor.head)}` : name).sort()
}

// index returns the position of a caret, as y-prosemirror and y-codemirror do to draw it.
const index = (doc, place) =>
  Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(place), doc)?.index ?? 'nowhere'
