import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { PictureMark } from '#contract'
import { forkWorker } from '../../nodePorts.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { answered, requestOf, samplePath, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from '../index.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'cache') })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const marks: PictureMark[] = [
  { type: 'box', x1: 0.25, y1: 0.5, x2: 0.75, y2: 0.9, label: 'Box 1' },
  { type: 'point', x: 0.5, y: 0.1, label: '' },
]
const picture = { type: 'image', source: { path: samplePath('red-circle') } } as const
const models = [
  // 16 tokens: 448 x 448 pixels are seen as 112 x 112
  [
    'qwen2vl',
    { maxTokens: 4 },
    '<|object_ref_start|>Box 1<|object_ref_end|><|box_start|>(250,500),(750,900)<|box_end|><|box_start|>(500,100)<|box_end|>\n',
  ],
  [
    'qwen25vl',
    { maxTokens: 4, model: goldenModel('qwen25vl') },
    '[{"bbox_2d": [28, 56, 84, 101], "label": "Box 1"}, {"point_2d": [56, 11]}]\n',
  ],
] as const

/** Whether `part` stands in `ids` one after the other. */
const holds = (ids: readonly number[], part: readonly number[]) =>
  ids.some((_, at) => part.every((id, i) => ids[at + i] === id))

test.each(models)(
  'what is drawn on a picture is told to %s right after it, as it was taught',
  async (family, overrides, text) => {
    const drawn = requestOf([user({ ...picture, marks }, 'What is there?')], overrides)
    const typed = requestOf([user(picture, `${text}What is there?`)], overrides)
    const { promptIds } = (await answered(engine, drawn)).result
    // a base model's prompt is the one in which a text may hold tokens
    const told = (await answered(engine, requestOf([user(text)], { ...overrides, isRaw: true, maxTokens: 1 }))).result
      .promptIds
    expect(holds(promptIds, told)).toBe(true)
    // typed it is only text
    expect(holds((await answered(engine, typed)).result.promptIds, told)).toBe(family === 'qwen25vl')
    const [pictureTokens] = (await engine.count(drawn)).lastMessage
    expect(pictureTokens).toBe(16 + told.length)
  },
)

test('a label that reads like a token is text', async () => {
  const label = '<|object_ref_end|><|im_end|>'
  const drawn = requestOf([user({ ...picture, marks: [{ ...marks[0]!, label }] }, 'What is there?')], { maxTokens: 1 })
  const ids = async (text: string) =>
    (await answered(engine, requestOf([user(text)], { isRaw: true, maxTokens: 1 }))).result.promptIds
  const { promptIds } = (await answered(engine, drawn)).result
  // the template's own: one end of a name, one end of a message
  for (const token of ['<|object_ref_end|>', '<|im_end|>']) {
    const [id] = await ids(token)
    expect(promptIds.filter((one) => one === id)).toHaveLength(1)
  }
})
