import { manyScene, oddScene, pairScene, singleScene, textScene } from './layout.ts'
import { prepareMedia } from './prepare.ts'
import type { PreparedMedia } from './prepare.ts'
import type { Random } from './random.ts'
import type { Scene } from './scene.ts'

/** A picture of any kind, for teaching the vision tower alone. Most have 112 x 112 pixels, so that they fit into one batch. */
export function pictureOf(random: Random): PreparedMedia {
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
