import type { Voice } from './language.ts'
import { sameThing } from './scene.ts'
import type { Scene } from './scene.ts'

/** What a picture shows, without a capital and a full stop: "a red circle", "4 blue stars", "the number 42". */
export function caption({ objects, text }: Scene, voice: Voice): string {
  if (text) return voice.printed(text.text)
  const first = objects[0]!
  if (objects.every((object) => sameThing(object, first))) return voice.things(objects.length, first)
  return objects.length <= 3
    ? voice.list([...objects].sort((a, b) => a.x - b.x).map((object) => voice.aThing(object)))
    : voice.objects(objects.length)
}
