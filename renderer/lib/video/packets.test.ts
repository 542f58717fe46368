import { expect, test } from 'vitest'
import { isDisposable } from './packets.ts'

/**
 * nal_unit_type 1 and 5 are pictures, 6 says something about them, 7 is of all of them; above are two bits of how they
 * are needed.
 */
const unit = (reference: number, type: number): number[] => [(reference << 5) | type, 0x9a, 0x01]
const byLength = (...units: number[][]): Uint8Array =>
  Uint8Array.from(units.flatMap((one) => [0, 0, 0, one.length, ...one]))
const byCode = (...units: number[][]): Uint8Array => Uint8Array.from(units.flatMap((one) => [0, 0, 0, 1, ...one]))
const boxed = { codec: 'avc1.64001f', description: Uint8Array.of(1, 0x64, 0, 0x1f, 0xff, 0xe1) }
const stream = { codec: 'avc1.64001f' }

test('a packet whose pictures no other one is decoded from is disposable', () => {
  expect(isDisposable(byLength(unit(0, 1)), boxed)).toBe(true)
  expect(isDisposable(byLength(unit(0, 6), unit(0, 1), unit(0, 1)), boxed)).toBe(true)
  expect(isDisposable(byCode(unit(0, 9), unit(0, 1)), stream)).toBe(true)
})

test('one that holds a picture that others need is not, nor one without a picture, nor one of another codec', () => {
  expect(isDisposable(byLength(unit(2, 1)), boxed)).toBe(false)
  expect(isDisposable(byLength(unit(0, 1), unit(1, 1)), boxed)).toBe(false)
  expect(isDisposable(byLength(unit(3, 7), unit(3, 5)), boxed)).toBe(false)
  expect(isDisposable(byCode(unit(0, 1), unit(2, 1)), stream)).toBe(false)
  expect(isDisposable(byLength(unit(0, 6)), boxed)).toBe(false)
  expect(isDisposable(byLength(unit(0, 1)), { codec: 'hvc1.1.6.L60.90', description: boxed.description })).toBe(false)
  expect(isDisposable(new Uint8Array(), boxed)).toBe(false)
})
