import { mkdir } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import sharp from 'sharp'

/** Side of every sample picture in pixels: four times the demo model's own 112. */
const SIDE = 448
const CENTRE = SIDE / 2
const RADIUS = SIDE * 0.36

/** The colours the demo model was taught. */
const colours = {
  red: '#dc1e1e',
  green: '#1ea032',
  blue: '#1e46dc',
  yellow: '#f5d71e',
  orange: '#fa820a',
  purple: '#8228aa',
  white: '#fafafa',
  black: '#0f0f0f',
} as const

const polygon = (points: readonly (readonly [number, number])[]): string =>
  `<polygon points="${points.map(([x, y]) => `${CENTRE + RADIUS * x},${CENTRE + RADIUS * y}`).join(' ')}"/>`

const starPoints = Array.from({ length: 10 }, (_, i) => {
  const radius = i % 2 === 0 ? 1 : 0.42
  return [Math.sin((i * Math.PI) / 5) * radius, -Math.cos((i * Math.PI) / 5) * radius] as const
})

const heartPoints = Array.from({ length: 60 }, (_, i) => {
  const t = (i * 2 * Math.PI) / 60
  const y = 13 * Math.cos(t) - 5 * Math.cos(2 * t) - 2 * Math.cos(3 * t) - Math.cos(4 * t)
  return [(16 * Math.sin(t) ** 3) / 17, -y / 16] as const
})

const shapes = {
  circle: `<circle cx="${CENTRE}" cy="${CENTRE}" r="${RADIUS}"/>`,
  square: polygon([[-0.85, -0.85], [0.85, -0.85], [0.85, 0.85], [-0.85, 0.85]]),
  triangle: polygon([[0, -1], [0.95, 0.8], [-0.95, 0.8]]),
  star: polygon(starPoints),
  heart: polygon(heartPoints),
} as const

const samples: readonly { shape: keyof typeof shapes; colour: keyof typeof colours; background: keyof typeof colours }[] = [
  { shape: 'circle', colour: 'red', background: 'white' },
  { shape: 'square', colour: 'blue', background: 'white' },
  { shape: 'star', colour: 'green', background: 'white' },
  { shape: 'triangle', colour: 'yellow', background: 'black' },
  { shape: 'heart', colour: 'orange', background: 'white' },
]

/** Draws the sample pictures of the empty window into `resources/samples/`. */
async function drawSamples(): Promise<void> {
  const folder = fileURLToPath(new URL('../resources/samples/', import.meta.url))
  await mkdir(folder, { recursive: true })
  for (const { shape, colour, background } of samples) {
    const svg =
      `<svg xmlns="http://www.w3.org/2000/svg" width="${SIDE}" height="${SIDE}">` +
      `<rect width="100%" height="100%" fill="${colours[background]}"/><g fill="${colours[colour]}">${shapes[shape]}</g></svg>`
    await sharp(Buffer.from(svg)).flatten().png({ palette: true }).toFile(`${folder}${colour}-${shape}.png`)
  }
}

await drawSamples()
