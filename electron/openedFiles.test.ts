import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { tempFolder } from '../main/testing/tempFolder.ts'
import { filesNamed } from './openedFiles.ts'

const { path: folder, remove } = tempFolder()
afterAll(remove)
const place = (name: string) => join(folder, name)
for (const name of ['a.pdf', 'b.png', '-c.png', 'main.js', 'program']) writeFileSync(place(name), 'x')
mkdirSync(place('more'))

test('a command line names files behind the program, or behind its script, and neither switches nor folders', () => {
  const script = place('main.js')
  const named = ['--capture', 'a.pdf', 'more', 'gone.png', place('b.png'), '-c.png']
  const files = [place('a.pdf'), place('b.png')]
  expect(filesNamed([place('program'), ...named], folder, script)).toEqual(files)
  expect(filesNamed([place('program'), '--inspect=0', 'main.js', ...named], folder, script)).toEqual(files)
  expect(filesNamed([place('program')], folder, script)).toEqual([])
  const addresses = [pathToFileURL(place('a.pdf')).href, 'file://elsewhere/%2Fa.pdf', 'https://a.test/a.pdf']
  expect(filesNamed([place('program'), ...addresses], folder, script)).toEqual([place('a.pdf')])
})
