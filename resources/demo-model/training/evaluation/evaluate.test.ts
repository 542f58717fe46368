import { expect, test } from 'vitest'
import { boxScore, isJsonLike, saysItIsADemo } from './evaluate.ts'

const box = (coordinates: string, name = 'the red circle') =>
  `<|object_ref_start|>${name}<|object_ref_end|><|box_start|>${coordinates}<|box_end|>`

test('boxes are compared by their overlap, and only in the right form with the right name', () => {
  const right = box('(100,100),(300,300)')
  expect(boxScore(right, right)).toBe(1)
  expect(boxScore(box('(100,100),(300,200)'), right)).toBe(0.5)
  expect(boxScore(box('(400,400),(500,500)'), right)).toBe(0)
  expect(boxScore(box('(300,300),(100,100)'), right)).toBe(0)
  expect(boxScore(box('(100,100),(300,300)', 'the blue circle'), right)).toBe(0)
  expect(boxScore('(100,100),(300,300)', right)).toBe(0)
  expect(boxScore(`${right} and more`, right)).toBe(0)
})

test('JSON is right when it parses and has the keys that were asked for', () => {
  expect(isJsonLike('{"color":"red","shape":"ring"}', '{"color":"blue","shape":"star"}')).toBe(true)
  expect(isJsonLike('[{"color":"red","shape":"ring"}]', '{"color":"blue","shape":"star"}')).toBe(false)
  expect(isJsonLike('{"count":3}', '{"color":"blue","shape":"star"}')).toBe(false)
  expect(isJsonLike('{"count":3', '{"count":3}')).toBe(false)
  expect(isJsonLike('[]', '[{"color":"blue"}]')).toBe(false)
})

test('an answer that knows its limits says so in either language', () => {
  expect(saysItIsADemo('I am only a demo model and do not know that.')).toBe(true)
  expect(saysItIsADemo('我只是一个演示模型，不知道这个。')).toBe(true)
  expect(saysItIsADemo('A red circle.')).toBe(false)
})
