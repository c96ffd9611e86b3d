// A page that uses everything that the package declares, and gives it to BlockNote. The compiler
// checks it, and nothing runs it.
import { APIError, createVersioningEndpoints, restoredByServer, type Change, type Endpoints, type Snapshot } from '@civic-realtime/blocknote-versions'
import { BlockNoteEditor } from '@blocknote/core'
import { VersioningExtension, type VersioningEndpoints, type VersionSnapshot } from '@blocknote/core/extensions'
import { createYjsVersioningAdapter, withCollaboration } from '@blocknote/core/yjs'
import * as Y from 'yjs'

const endpoints: Endpoints = createVersioningEndpoints({ url: 'https://docs.example.org', room: 'r', token: async () => ({ token: 'abc' }), fetch })
createVersioningEndpoints({ url: 'https://docs.example.org', room: 'r' })
const blockNotes: VersioningEndpoints<Y.XmlFragment, Uint8Array, Change[]> = endpoints
const collaboration = { fragment: new Y.Doc().getXmlFragment('blocknote'), user: { name: 'Ann', color: '#b4260b' } }
const editor = BlockNoteEditor.create(withCollaboration({
  collaboration,
  extensions: [VersioningExtension(editor => restoredByServer(createYjsVersioningAdapter(editor, collaboration), endpoints))]
}))
const snapshot: Snapshot = { id: 'v1', createdAt: 1, updatedAt: 1 }
const theirs: VersionSnapshot = snapshot

try {
  const [first] = await endpoints.list()
  await endpoints.restore(null, first ?? theirs)
  const changes: Change[] = await endpoints.getAttributions(snapshot, theirs)
  console.log(editor, blockNotes, changes.map(({ type, from, to, text, by }) => [type, from + to, text, by]))
} catch (error) {
  if (error instanceof APIError) console.log(error.status, error.title, error.detail?.length)
}

// @ts-expect-error A document has a name.
createVersioningEndpoints({ url: 'https://docs.example.org' })
