import type { Asking } from './ask.ts'
import type { Media, Writer } from './conversation.ts'
import type { Scene } from './scene.ts'

/** What a conversation is made with. */
export interface Making extends Asking {
  readonly writer: Writer
}

/** A picture of a scene. */
export const image = (scene: Scene): Media => ({ type: 'image', frames: [scene] })
