import type { Canvas } from './canvas.ts'
import { vary } from './colours.ts'
import type { Rgb } from './colours.ts'
import type { Random } from './random.ts'

/** A window on a desktop: a frame, a title bar with buttons, perhaps lines of a tool bar. The content keeps its colour. */
export function drawWindow(canvas: Canvas, random: Random, content: Rgb): void {
  const { width, height } = canvas
  const dark = random.chance(0.4)
  const desktop = vary(random, dark ? [40, 44, 52] : [205, 212, 222], 25)
  const bar = vary(random, dark ? [58, 62, 70] : [228, 230, 234], 15)
  const ink = vary(random, dark ? [150, 154, 160] : [110, 114, 120], 20)
  const [left, right, top, bottom] = [
    width * random.range(0, 0.04),
    width * random.range(0.96, 1),
    height * random.range(0, 0.04),
    height * random.range(0.96, 1),
  ]
  const barBottom = Math.max(top + 3, height * random.range(0.09, 0.14))
  canvas.rectangle({ left: 0, top: 0, right: width, bottom: height }, desktop)
  canvas.rectangle({ left, top, right, bottom }, content)
  canvas.rectangle({ left, top, right, bottom: barBottom }, bar)
  const [middle, side] = [(top + barBottom) / 2, (barBottom - top) * 0.22]
  const fromLeft = random.chance(0.5)
  for (let i = 0; i < 3; i++) {
    const x = fromLeft ? left + (barBottom - top) * (0.6 + i * 0.7) : right - (barBottom - top) * (0.6 + i * 0.7)
    canvas.rectangle({ left: x - side, right: x + side, top: middle - side, bottom: middle + side }, ink)
  }
  if (random.chance(0.6)) {
    const x = width * 0.36
    canvas.rectangle(
      { left: x, right: x + width * random.range(0.1, 0.3), top: middle - side * 0.6, bottom: middle + side * 0.6 },
      ink,
    )
  }
}
