import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { kinds } from './kinds.ts'
import type { Kind } from './kind.ts'
import { look } from './look.ts'
import type { Look } from './look.ts'

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
    const found = await look(path)
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
