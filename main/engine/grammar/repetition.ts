/** llama.cpp reads repetitions of up to 2,000 of one symbol. */
const CHUNK = 1000

/**
 * GBNF for `symbol` repeated `least` to `most` times (null: without end), in pieces that llama.cpp reads. There is one way
 * only to read a text of a given length, so that long ones stay as fast as short ones.
 */
export function repeated(symbol: string, least: number, most: number | null): string {
  if (most !== null && most <= CHUNK) return `${symbol}{${least},${most}}`
  if (least >= CHUNK)
    return `${symbol}{${CHUNK}} ${repeated(symbol, least - CHUNK, most === null ? null : most - CHUNK)}`
  if (most === null) return `${symbol}{${least},}`
  return `(${symbol}{${least},${CHUNK - 1}} | ${symbol}{${CHUNK}} ${repeated(symbol, 0, most - CHUNK)})`
}
