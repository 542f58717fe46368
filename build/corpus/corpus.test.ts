import { execFile } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import sharp from 'sharp'
import { afterAll, describe, expect, test } from 'vitest'
import { tempFolder } from '../../main/testing/tempFolder.ts'
import { root } from '../paths.ts'
import { judge, readExpected } from './expected.ts'
import { formatRow, kinds } from './formats.ts'
import { lookInProcess } from './look.ts'

const folder = tempFolder()
afterAll(() => folder.remove())

const generous = { ms: 60_000, bytes: 8e9 }
const solid = (colour: string) =>
  sharp({ create: { width: 40, height: 20, channels: 3, background: colour } })
    .png()
    .toBuffer()
const red = join(folder.path, 'red.png')
writeFileSync(red, await solid('rgb(200,10,30)'))

describe('docs/formats.md', () => {
  const document = readFileSync(join(root, 'docs/formats.md'), 'utf8')
  const cheap = Object.values(kinds)
    .flat()
    .filter((kind) => !kind.needsFfmpeg)

  test.each(cheap.map((kind) => [kind.name, kind] as const))('says of %s what opening one says', async (_, kind) => {
    expect(document.split('\n')).toContain((await formatRow(kind)).trimEnd())
  })

  test('has a row for each kind', () => {
    for (const { name } of Object.values(kinds).flat())
      expect(document).toContain(`\n| ${name.replaceAll('|', '\\|')} | `)
  })
})

describe('a file in a process of its own', () => {
  test('is opened to its last pixel', async () => {
    const { look, over, ms, peakBytes } = await lookInProcess(red, generous)
    expect(look).toEqual({
      what: 'picture',
      width: 40,
      height: 20,
      mean: [200, 10, 30],
      grid4x4: Array(4).fill(Array(4).fill([200, 10, 30])),
      notes: [],
    })
    expect(over).toBeNull()
    expect(ms).toBeGreaterThan(0)
    expect(peakBytes).toBeGreaterThan(1e6)
  })

  test('that takes too long is given up', async () => {
    expect(await lookInProcess(red, { ...generous, ms: 1 })).toMatchObject({ over: 'time', look: { what: 'crashed' } })
  })

  test.skipIf(process.platform !== 'linux')('that takes too much memory is given up', async () => {
    expect(await lookInProcess(red, { ...generous, bytes: 1e6 })).toMatchObject({
      over: 'memory',
      look: { what: 'crashed' },
    })
  })
})

describe('a reference', () => {
  const picture = {
    what: 'picture',
    width: 40,
    height: 20,
    mean: [200, 10, 30],
    grid4x4: Array<number[][]>(4).fill(Array<number[]>(4).fill([200, 10, 30])),
    notes: [],
  } as const
  const video = { what: 'video', width: 320, height: 180, frames: 120, sampled: 8, codec: 'h264', notes: [] } as const
  const refused = (message: string) => ({ what: 'refused', code: 'UnsupportedMedia', message }) as const
  const expected = (entry: object) => readExpected(JSON.stringify([{ file: 'a', ...entry }])).get('a')!

  test('is met within its tolerance, and what differs is named', () => {
    const entry = { width: 40, height: 20, mean: [202, 10, 30] }
    expect(judge(picture, expected(entry))).toEqual({ differences: [], reference: '40 x 20, mean 202 10 30' })
    expect(judge(picture, expected({ ...entry, width: 41, mean: [210, 10, 30] })).differences).toEqual([
      'size',
      'mean by 10.0',
    ])
    expect(
      judge(picture, expected({ ...entry, grid4x4: Array(4).fill(Array(4).fill([0, 10, 30])) })).differences,
    ).toEqual(['a part by 200.0'])
    expect(judge(refused('No.'), expected(entry)).differences).toEqual(['the reference reads it'])
  })

  test('of a video counts its frames, or wants it refused in its words', () => {
    expect(judge(video, expected({ video: { frames: 120, sampled: 8 } }))).toEqual({
      differences: [],
      reference: 'frames 120, sampled 8',
    })
    expect(judge(video, expected({ video: { sampled: 6 } })).differences).toEqual(['sampled 8'])
    const words = { video: { refused: true, words: 'no video in it; not "damaged"' } }
    expect(judge(refused('There is no video in it.'), expected(words)).differences).toEqual([])
    expect(judge(refused('It is damaged.'), expected(words)).differences).toEqual([
      'does not say "no video in it"',
      'says "damaged"',
    ])
    expect(judge(video, expected(words)).differences).toEqual(['should have been refused'])
  })

  test('of another form is passed over', () => {
    expect(readExpected('[{"id": "A1", "file": "a.mp4", "cli": []}, 7]').size).toBe(0)
  })
})

test('the runner prints a row for each file and fails where one is wrong', async () => {
  const corpus = join(folder.path, 'corpus')
  mkdirSync(join(corpus, 'more'), { recursive: true })
  writeFileSync(join(corpus, 'red.png'), readFileSync(red))
  writeFileSync(join(corpus, 'blue.png'), await solid('rgb(10,30,200)'))
  writeFileSync(join(corpus, 'more/notes.txt'), 'Milk and bread.\n')
  const entry = (file: string) => ({ file, width: 40, height: 20, mean: [200, 10, 30] })
  writeFileSync(join(corpus, 'expected.json'), JSON.stringify([entry('red.png')]))
  const run = () =>
    promisify(execFile)(process.execPath, [join(root, 'build/corpus/run.ts'), corpus]).catch(
      (error: { code: number; stdout: string }) => error,
    )
  const right = await run()
  expect(right).not.toHaveProperty('code')
  expect(right.stdout).toMatch(
    /^read {11}blue\.png .*\nrefused {8}more\/notes\.txt .*text file.*\nread {11}red\.png .*\[reference: 40 x 20, mean 200 10 30\].*\n\n {2}files.*\n {6}3 {7}2 {7}1 {7}0 {7}0 {7}0\n$/,
  )
  writeFileSync(join(corpus, 'expected.json'), JSON.stringify([entry('red.png'), entry('blue.png')]))
  const wrong = await run()
  expect(wrong).toMatchObject({
    code: 1,
    stdout: expect.stringMatching(/^wrong {10}blue\.png .*differs: mean by 190\.0/) as string,
  })
})
