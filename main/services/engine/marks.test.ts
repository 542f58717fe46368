import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import type { PictureMark } from '#contract'
import { forkWorker } from '../../nodePorts.ts'
import { goldenModel } from '../../testing/engineGoldens.ts'
import { answered, requestOf, samplePath, user } from '../../testing/engineRequests.ts'
import { tempFolder } from '../../testing/tempFolder.ts'
import { createEngine } from './index.ts'

const folder = tempFolder()
const engine = createEngine({ spawn: forkWorker, cachePath: join(folder.path, 'cache') })
afterAll(async () => {
  await engine.close()
  folder.remove()
})

const marks: PictureMark[] = [{ type: 'box', x1: 0.25, y1: 0.5, x2: 0.75, y2: 0.9, label: 'Box 1' }, { type: 'point', x: 0.5, y: 0.1, label: '' }]
const picture = { type: 'image', source: { path: samplePath('red-circle') } } as const
const models = [
  // 16 tokens: 448 x 448 pixels are seen as 112 x 112
  ['qwen2vl', { maxTokens: 4 }, '<|object_ref_start|>Box 1<|object_ref_end|><|box_start|>(250,500),(750,900)<|box_end|><|box_start|>(500,100)<|box_end|>\n'],
  ['qwen25vl', { maxTokens: 4, model: goldenModel('qwen25vl') }, '[{"bbox_2d": [28, 56, 84, 101], "label": "Box 1"}, {"point_2d": [56, 11]}]\n'],
] as const

test.each(models)('what is drawn on a picture is told to %s as if it had been typed after it', async (_family, overrides, text) => {
  const drawn = requestOf([user({ ...picture, marks }, 'What is there?')], overrides)
  const typed = requestOf([user(picture, `${text}What is there?`)], overrides)
  const [one, two] = [await answered(engine, drawn), await answered(engine, typed)]
  expect(one.result.promptIds).toEqual(two.result.promptIds)
  expect(one.text).toBe(two.text)
  const [pictureTokens, words] = (await engine.count(drawn)).lastMessage
  const [bare, all] = (await engine.count(typed)).lastMessage
  expect(bare).toBe(16)
  expect(pictureTokens! + words!).toBe(bare! + all!)
})
