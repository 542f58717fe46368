import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

type Set = 'light' | 'dark'

const css = readFileSync(new URL('./tokens.css', import.meta.url), 'utf8')

function luminance(token: string, set: Set): number {
  const pair = new RegExp(`--${token}: light-dark\\((oklch\\([^)]*\\)), (oklch\\([^)]*\\))\\)`).exec(css)
  const [L = 0, C = 0, h = 0] = (pair?.[set === 'light' ? 1 : 2]?.match(/[\d.]+/g) ?? []).map(Number)
  const a = C * Math.cos((h * Math.PI) / 180)
  const b = C * Math.sin((h * Math.PI) / 180)
  const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3
  const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3
  const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3
  const clamp = (x: number): number => Math.min(1, Math.max(0, x))
  const red = clamp(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s)
  const green = clamp(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s)
  const blue = clamp(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue
}

function contrast(front: string, back: string, set: Set): number {
  const [high = 0, low = 0] = [luminance(front, set), luminance(back, set)].sort((x, y) => y - x)
  return (high + 0.05) / (low + 0.05)
}

const surfaces = ['canvas', 'sidebar', 'raised', 'sunken']
const text: (readonly [string, string])[] = [
  ...['ink', 'muted', 'subtle', 'accent', 'danger', 'warning'].flatMap((front) =>
    surfaces.map((back) => [front, back] as const),
  ),
  ...['ink', 'muted'].flatMap((front) =>
    ['hover', 'active', 'mat', 'accent-soft'].map((back) => [front, back] as const),
  ),
  ...['code-word', 'code-string', 'code-number', 'code-name'].map((front) => [front, 'sunken'] as const),
  ['ink', 'mark'],
  ['on-accent', 'accent'],
  ['on-accent', 'accent-strong'],
  ['on-danger', 'danger'],
  ['danger', 'danger-soft'],
  ['ink', 'danger-soft'],
  ['warning', 'warning-soft'],
]
const controls: (readonly [string, string])[] = ['control', 'accent', 'ok'].flatMap((front) =>
  ['canvas', 'sidebar', 'raised'].map((back) => [front, back] as const),
)

describe.each(['light', 'dark'] as const)('%s colours', (set) => {
  test.each(text)('text %s reads on %s (4.5:1)', (front, back) => {
    expect(contrast(front, back, set)).toBeGreaterThanOrEqual(4.5)
  })

  test.each(controls)('control %s stands out from %s (3:1)', (front, back) => {
    expect(contrast(front, back, set)).toBeGreaterThanOrEqual(3)
  })
})
