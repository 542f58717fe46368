import type { Canvas } from './canvas.ts'
import type { Rgb } from './colours.ts'
import type { Random } from './random.ts'

/** Draws something without a name over the whole canvas: noise, tiles, stripes, waves, a heap of scraps, a landscape. */
export function drawOdd(canvas: Canvas, random: Random): void {
  const styles = [noise, tiles, stripes, waves, scraps, scraps, landscape]
  random.pick(styles)(canvas, random)
  if (random.chance(0.3)) {
    const amount = random.range(3, 20)
    canvas.shift(() => random.range(-amount, amount))
  }
}

const anyColour = (random: Random): Rgb => [random.below(256), random.below(256), random.below(256)]

function noise(canvas: Canvas, random: Random): void {
  canvas.shift(() => random.range(-255, 255))
}

function tiles(canvas: Canvas, random: Random): void {
  const columns = random.int(3, 9)
  const rows = random.int(3, 9)
  const [w, h] = [canvas.width / columns, canvas.height / rows]
  for (let y = 0; y < rows; y++)
    for (let x = 0; x < columns; x++)
      canvas.rectangle({ left: x * w, right: (x + 1) * w, top: y * h, bottom: (y + 1) * h }, anyColour(random))
}

function stripes(canvas: Canvas, random: Random): void {
  const colours = Array.from({ length: random.int(2, 4) }, () => anyColour(random))
  const step = Math.max(canvas.width, canvas.height) / random.int(5, 14)
  const lean = random.range(-1, 1) * canvas.height
  for (let i = -10, x = -Math.abs(lean); x < canvas.width + Math.abs(lean); x += step, i++)
    canvas.fill(
      [Float64Array.of(x, 0, x + step, 0, x + step + lean, canvas.height, x + lean, canvas.height)],
      colours[(i + 20) % colours.length]!,
    )
}

function waves(canvas: Canvas, random: Random): void {
  const [fx, fy] = [random.range(0.02, 0.3), random.range(0.02, 0.3)]
  const phases = [random.range(0, 6), random.range(0, 6), random.range(0, 6)]
  const size = random.range(40, 120)
  canvas.shift((x, y, c) => size * Math.sin(x * fx + phases[c]!) * Math.cos(y * fy + phases[(c + 1) % 3]!))
}

/** Many uneven polygons on top of each other. */
function scraps(canvas: Canvas, random: Random): void {
  const side = Math.min(canvas.width, canvas.height)
  for (let i = random.int(8, 30); i > 0; i--) {
    const [x, y, r] = [random.range(0, canvas.width), random.range(0, canvas.height), side * random.range(0.06, 0.35)]
    const corners = random.int(3, 9)
    const points = new Float64Array(corners * 2)
    for (let k = 0; k < corners; k++) {
      const angle = ((k + random.range(-0.3, 0.3)) * 2 * Math.PI) / corners
      const reach = r * random.range(0.3, 1)
      points.set([x + Math.cos(angle) * reach, y + Math.sin(angle) * reach], k * 2)
    }
    canvas.fill([points], anyColour(random))
  }
}

/** Bands with uneven edges, like hills under a sky, and light that falls off. */
function landscape(canvas: Canvas, random: Random): void {
  const { width, height } = canvas
  const bands = random.int(3, 6)
  for (let i = 1; i < bands; i++) {
    const points: number[] = [width, height, 0, height]
    let y = height * (i / bands + random.range(-0.08, 0.08))
    for (let x = 0; x <= 8; x++) {
      points.push((x * width) / 8, y)
      y += height * random.range(-0.06, 0.06)
    }
    canvas.fill([Float64Array.from(points)], anyColour(random))
  }
  const fall = random.range(20, 60)
  canvas.shift((_, y) => fall * (0.5 - y / height))
}
