import { spawn } from 'node:child_process'
import { existsSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openStore } from '../lib/database/index.ts'
import { tempFolder } from '../testing/tempFolder.ts'

const CLI = join(import.meta.dirname, '../cli.ts')
const folder = tempFolder()
afterAll(() => folder.remove())

function run(...argv: string[]): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [CLI, ...argv], { cwd: folder.path, stdio: ['ignore', 'pipe', 'pipe'] })
  let [out, err] = ['', '']
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk))
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (err += chunk))
  return new Promise((resolve) => child.once('close', (code) => resolve({ code, out, err })))
}
const chats = join(folder.path, 'chats.json')
const history = {
  currentId: 'a',
  messages: {
    q: {
      parentId: null,
      role: 'user',
      content: 'Hello',
      files: [{ type: 'file', name: 'a.png', content_type: 'image/png', url: 'x' }],
    },
    a: { parentId: 'q', role: 'assistant', content: 'Hi' },
  },
}
writeFileSync(chats, JSON.stringify([{ id: 'c', title: 'Greeting', chat: { history } }]))

test('conversations go from one data folder to another, once, and what was left out is told', async () => {
  const [one, two] = [join(folder.path, 'one'), join(folder.path, 'two')]
  const first = await run('import', '--data', one, chats)
  expect(first).toMatchObject({ code: 0, out: 'Greeting\n' })
  expect(first.err).toContain('Imported: 1 conversation of Open WebUI; 2 messages')
  expect(first.err).toContain('Left out: 1 × Pictures that are not in the export')
  expect(first.err).toContain('(a.png)')
  expect(await run('export', '--data', one)).toMatchObject({
    code: 0,
    out: `1 conversation in ${join(folder.path, 'Greeting.zip')}\n`,
  })
  expect(await run('import', '--data', two, 'Greeting.zip')).toMatchObject({ code: 0, out: 'Greeting\n' })
  const again = await run('import', '--data', two, 'Greeting.zip', chats)
  expect(again).toMatchObject({ code: 0, out: '' })
  expect(again.err).toContain('2 conversations were here already')
  expect(await run('export', '--data', two, '--format', 'html', '--out', 'page.html')).toMatchObject({ code: 0 })
  expect(await run('export', '--data', two, '--out', 'page.html')).toMatchObject({ code: 3, out: '' })
  expect(readdirSync(folder.path).filter((name) => name.includes('export') || name.endsWith('.part'))).toEqual([])
})

test('bad usage, bad input and a folder that a window has end with their codes', async () => {
  const data = join(folder.path, 'other')
  expect(await run('import')).toMatchObject({ code: 2 })
  expect(await run('export', '--format', 'pdf')).toMatchObject({ code: 2 })
  expect(await run('export', 'a.zip')).toMatchObject({ code: 2 })
  expect(await run('import', '--data', data, 'not there.zip')).toMatchObject({ code: 3 })
  expect(await run('export', '--data', data)).toMatchObject({
    code: 3,
    err: expect.stringContaining('no conversations') as string,
  })
  writeFileSync(join(folder.path, 'words.txt'), 'words')
  expect(await run('import', '--data', data, 'words.txt')).toMatchObject({ code: 3, out: '' })
  const store = openStore(data)
  const busy = await run('import', '--data', data, chats)
  store.close()
  expect(busy).toMatchObject({ code: 3, err: expect.stringContaining('Busy') as string })
  expect(existsSync(data)).toBe(true)
})
