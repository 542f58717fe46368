import { once } from 'node:events'
import { parseArgs } from 'node:util'
import { makeConversation } from './abilities.ts'
import { abilities } from './conversation.ts'
import type { Ability } from './conversation.ts'
import { manyScene, oddScene, pairScene, singleScene, textScene } from './layout.ts'
import { frameExample, prepareMedia, renderPieces, tailOf } from './prepare.ts'
import type { PreparedMedia } from './prepare.ts'
import { Random } from './random.ts'
import type { Scene } from './scene.ts'

/** A picture of any kind, for teaching the vision tower alone. Most have 112 x 112 pixels, so that they fit into one batch. */
function pictureOf(random: Random): PreparedMedia {
  const size = random.chance(0.75) ? { width: 112, height: 112 } : undefined
  const kind = random.weighted({ single: 25, pair: 10, many: 14, text: 48, odd: 3 })
  const scenes: Readonly<Record<typeof kind, () => Scene>> = {
    single: () => singleScene(random, { size }),
    pair: () => pairScene(random, { size }),
    many: () => manyScene(random, random.int(2, 6), { size }),
    text: () => textScene(random, { size }),
    odd: () => oddScene(random, { size }),
  }
  return prepareMedia({ type: 'image', frames: [scenes[kind]()] }, size ? 16 : 24)
}

const usage = `node stream.ts --seed TEXT [--count N] [--what conversations|pictures|texts] [--mix JSON] [--split train|evaluate]
Writes examples to standard output (prepare.ts). pictures: single pictures with labels and no text; texts: no pixels.`

const { values } = parseArgs({
  options: {
    seed: { type: 'string' },
    count: { type: 'string' },
    what: { type: 'string' },
    mix: { type: 'string' },
    split: { type: 'string' },
  },
})
if (!values.seed) throw new Error(usage)
const even = Object.fromEntries(abilities.map((ability) => [ability, 1])) as Record<Ability, number>
const mix = values.mix ? (JSON.parse(values.mix) as Partial<Record<Ability, number>>) : even
const count = values.count ? Number(values.count) : Infinity
const split = values.split === 'evaluate' ? 'evaluate' : 'train'
const BATCH_BYTES = 1 << 18

/** The example of a number: the same for the same seed, whatever came before. */
function example(number: number): Buffer {
  const random = new Random(`${split}/${values.seed}/${number}`)
  if (values.what === 'pictures') return frameExample({ ability: 'picture', pieces: [], media: [pictureOf(random)] })
  const conversation = makeConversation(random, random.weighted(mix), split)
  const media =
    values.what === 'texts' ? [] : conversation.media.map((one) => prepareMedia(one, conversation.maxTokens))
  const pieces = renderPieces(conversation)
  return frameExample({
    ability: conversation.ability,
    pieces,
    media,
    branches: conversation.branches.map((messages) => tailOf(renderPieces({ ...conversation, messages }), pieces)),
  })
}

process.stdout.on('error', () => process.exit())
let waiting: Buffer[] = []
let bytes = 0
for (let number = 0; number < count; number++) {
  const one = example(number)
  waiting.push(one)
  bytes += one.length
  if (bytes < BATCH_BYTES && number + 1 < count) continue
  if (!process.stdout.write(Buffer.concat(waiting))) await once(process.stdout, 'drain')
  waiting = []
  bytes = 0
}
