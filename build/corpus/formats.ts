import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chineseWords, pdf, words } from '../../main/lib/pdf/testing/pdfFile.ts'
import type { Kind } from './kind.ts'
import { look } from './look.ts'
import type { Look } from './look.ts'
import { pictureKinds } from './pictureKinds.ts'
import { videoKinds } from './videoKinds.ts'

const bytes = (text: string) => async (): Promise<Buffer> => Buffer.from(text, 'latin1')
const safetensors = '{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}'

const documentKinds: readonly Kind[] = [
  {
    name: 'PDF',
    from: 'everywhere',
    file: 'letter.pdf',
    shown: 'the pages that are chosen, each a picture; annotations and the values of forms are drawn',
    make: async () => pdf([{ content: words('Dear Sir') }, { content: words('Yours') }]),
  },
  {
    name: 'PDF with text in a font that is not in the file',
    from: 'East Asian offices',
    file: 'contract.pdf',
    shown: 'what can be drawn',
    make: async () => pdf([{ content: `${words('No. 7')} ${chineseWords.replace('20 40', '100 40')}` }]),
  },
  {
    name: 'PDF with nothing but such text',
    from: 'East Asian offices',
    file: 'notice.pdf',
    shown: '',
    make: async () => pdf([{ content: chineseWords }]),
  },
  {
    name: 'PDF with a password',
    from: 'banks, insurers',
    file: 'statement.pdf',
    shown: 'as any PDF, once its password is typed',
    password: 'secret',
    make: async () => pdf([{ content: words('Balance') }], { password: 'secret' }),
  },
  {
    name: 'PDF that is damaged',
    from: 'downloads that broke off',
    file: 'broken.pdf',
    shown: '',
    make: bytes('%PDF-1.7\n%\xe2\xe3\xcf\xd3\n'),
  },
  {
    name: 'Word, Excel, PowerPoint, OpenDocument, RTF, EPUB',
    from: 'office programs; with LibreOffice they are read as a PDF, save EPUB',
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
    from: 'browsers; with LibreOffice it is read as a PDF',
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

const INTRODUCTION = `# Files that can be asked about

Made by \`npm run corpus -- --table\`, which makes a small file of each kind, opens it as the product does, and writes down
what happened; nothing in the columns *Read* and *What is said* is written by hand. Videos were read with ffmpeg, as the
command line does and the window where the browser has no decoder.
`

const HEAD = '| Kind | From | Read | What the model sees | What is said |\n| --- | --- | --- | --- | --- |\n'

/** The document of all kinds. Needs ffmpeg. */
export async function formatsDocument(): Promise<string> {
  const sections: string[] = []
  for (const [heading, all] of Object.entries(kinds)) {
    const rows: string[] = []
    for (const kind of all) rows.push(await formatRow(kind))
    sections.push(`\n## ${heading}\n\n${HEAD}${rows.join('')}`)
  }
  return INTRODUCTION + sections.join('')
}

/** The row of one kind: a file of it is made and opened. Rejects when a reader crashes. */
export async function formatRow(kind: Kind): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'sightline-format-'))
  try {
    const path = join(folder, kind.file)
    await writeFile(path, await kind.make())
    const found = await look(path, kind.password)
    if (found.what === 'crashed') throw new Error(`${kind.name}: ${found.message}`)
    const cells = [kind.name, kind.from, found.what === 'refused' ? 'no' : 'yes', sees(found, kind), said(found)]
    return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

function sees(found: Look, { shown }: Kind): string {
  if (found.what === 'refused' || found.what === 'crashed') return ''
  return found.what === 'video' ? `${found.sampled} of ${found.frames} ${shown}` : shown
}

const said = (found: Look): string =>
  found.what === 'refused' || found.what === 'crashed' ? found.message : found.notes.join(' ')
