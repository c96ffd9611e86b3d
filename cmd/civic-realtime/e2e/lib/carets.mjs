// Who is in a room and where in the text their carets are, however the protocol tells it.
import * as Y from 'yjs'

// point puts the client's own caret into the text, as editors do: relative to what stands there.
export const point = ({ native, provider, doc }, at) => {
  const place = Y.relativePositionToJSON(Y.createRelativePositionFromTypeIndex(doc.getText('text'), at))
  const cursor = { anchor: place, head: place }
  if (native) provider.cursor(cursor)
  else provider.awareness.setLocalState({ user: { name: 'Impostor', color: '#123456' }, cursor })
}

// carets lists "name@index" for each person, or "name" for who has no caret, sorted;
// a y-websocket client leaves itself out.
export const carets = ({ native, provider, doc }) => {
  const people = native
    ? [...provider.people.values()].map(({ name, cursor }) => [name, cursor])
    : [...provider.awareness.getStates()].filter(([id]) => id !== provider.awareness.clientID).map(([, { user, cursor }]) => [user?.name ?? '?', cursor])
  return people.map(([name, cursor]) => cursor?.head ? `${name}@${index(doc, cursor.head)}` : name).sort()
}

// index does what y-prosemirror and y-codemirror do to draw a caret.
const index = (doc, place) =>
  Y.createAbsolutePositionFromRelativePosition(Y.createRelativePositionFromJSON(place), doc)?.index ?? 'nowhere'
