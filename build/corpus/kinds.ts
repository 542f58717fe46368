import type { Kind } from './kind.ts'
import { pictureKinds } from './pictureKinds.ts'
import { videoKinds } from './videoKinds.ts'

const bytes = (text: string) => async (): Promise<Buffer> => Buffer.from(text, 'latin1')
const safetensors = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'

const documentKinds: readonly Kind[] = [
  { name: 'PDF', from: 'everywhere', file: 'letter.pdf', shown: '', make: bytes('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n') },
  {
    name: 'Word, Excel, PowerPoint, OpenDocument, EPUB',
    from: 'office programs',
    file: 'letter.docx',
    shown: '',
    make: bytes(`PK\x03\x04${'\0'.repeat(26)}[Content_Types].xml`),
  },
  {
    name: 'Text, Markdown, CSV, code',
    from: 'editors',
    file: 'notes.txt',
    shown: '',
    make: bytes('Milk, bread, and eggs.\n'),
  },
  {
    name: 'Web page',
    from: 'browsers',
    file: 'page.html',
    shown: '',
    make: bytes('<!DOCTYPE html><title>Page</title>'),
  },
  {
    name: 'ZIP, GZIP, RAR, 7z',
    from: 'archivers',
    file: 'photos.zip',
    shown: '',
    make: bytes(`PK\x03\x04${'\0'.repeat(26)}IMG_0001.JPG`),
  },
]

const modelKinds: readonly Kind[] = [
  {
    name: 'GGUF that is cut off',
    from: 'downloads that broke off',
    file: 'model.gguf',
    shown: '',
    make: bytes('GGUF\x03\0\0\0\x01\0\0\0\0\0\0\0'),
  },
  {
    name: 'Safetensors',
    from: 'Hugging Face',
    file: 'model.safetensors',
    shown: '',
    make: bytes(`${String.fromCharCode(safetensors.length)}${'\0'.repeat(7)}${safetensors}\0\0\0\0`),
  },
]

/** All kinds, by the heading under which they are listed. */
export const kinds: Readonly<Record<string, readonly Kind[]>> = {
  Pictures: pictureKinds,
  'Videos and sounds': videoKinds,
  Documents: documentKinds,
  Models: modelKinds,
}
