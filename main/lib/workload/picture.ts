import { encodePng } from './png.ts'

/** A PNG of `side` x `side` pixels with soft colours; another one for every `number`. */
export function picture(number: number, side: number): Uint8Array {
  const pixels = new Uint8Array(side * side * 3)
  for (let y = 0, i = 0; y < side; y++)
    for (let x = 0; x < side; x++, i += 3) {
      pixels[i] = 128 + 127 * Math.sin((x + 37 * number) / 29)
      pixels[i + 1] = 128 + 127 * Math.sin((y + 53 * number) / 41)
      pixels[i + 2] = 128 + 127 * Math.sin((x + y) / (23 + (number % 16)))
    }
  return encodePng(pixels, side, side)
}
