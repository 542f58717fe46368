import { AppError } from '#contract'
import { startChild } from '../childProcess.ts'
import type { Measured, Measurement } from '../measurement.ts'
import { median, pairedRatios } from '../statistics.ts'
import { makePhoto, photoToPatches } from '../tower/photo.ts'
import type { FromTowerPeer, ToTowerPeer } from '../tower/protocol.ts'

/** A JPEG of 12 megapixels to patches, beside what sharp's decoding alone takes. */
export const photo: Measurement = {
  name: 'photo',
  needsPictures: false,
  async run({ runs }) {
    const bytes = await makePhoto()
    await photoToPatches(bytes)
    const decode: number[] = []
    const beyond: number[] = []
    for (let i = 0; i < runs; i++) {
      const { decodeMs, totalMs } = await photoToPatches(bytes)
      decode.push(decodeMs)
      beyond.push(totalMs - decodeMs)
    }
    return {
      figures: [
        { name: 'photo_decode', label: 'decoding a JPEG of 12 megapixels with sharp', unit: 'ms', values: decode },
        { name: 'photo_beyond_decode', label: 'to patches, beyond that', unit: 'ms', values: beyond },
      ],
      ratios: [],
    }
  },
}

const PICTURE_SIDES = [448, 672]

/** Decoding, resizing and encoding one new picture, of each size. */
export const encode: Measurement = {
  name: 'encode',
  needsPictures: true,
  async run({ workload, runs, engine }) {
    const figures = []
    for (const side of PICTURE_SIDES) {
      const values: number[] = []
      for (let i = 0; i < runs; i++) {
        const { result } = await engine.answer(
          workload.request([{ role: 'user', content: [await workload.newPicture(side)] }], 1),
        )
        values.push(result.timings.encodeMs)
      }
      figures.push({
        name: `encode_${side}x${side}`,
        label: `encoding a picture of ${side} x ${side} pixels`,
        unit: 'ms' as const,
        values,
      })
    }
    return { figures, ratios: [] }
  },
}

const TOWER_SIDES = [672, 1344]

/**
 * The vision tower against a plain f16 graph of the same weights, in turns in one process; the worse of two sizes counts.
 * The plain graph is that of Qwen2-VL alone.
 */
export const encodeSpeed: Measurement = {
  name: 'encode_speed',
  needsPictures: true,
  async run({ workload, runs, engine }) {
    const { projectorPath } = workload.model
    if (projectorPath === null)
      throw new AppError('ProjectorMissing', 'Encoding cannot be measured without a projector.')
    const { bytes, family } = await engine.engine.inspect(workload.model)
    if (family !== 'qwen2vl')
      return {
        figures: [],
        ratios: [],
        notes: [
          `encode_speed is skipped: the plain graph is that of Qwen2-VL's tower, and this one is of another family.`,
        ],
      }
    // its memory is needed for three sets of weights
    await engine.engine.unload()
    const figures: Measured['figures'][number][] = []
    let worst: readonly number[] = []
    for (const side of TOWER_SIDES) {
      const { ours, plain, cosine, kind } = await compareTowers({ projectorPath, side, runs, bytes })
      const ratios = pairedRatios(ours, plain)
      if (worst.length === 0 || median(ratios) > median(worst)) worst = ratios
      figures.push(
        { name: `tower_${side}`, label: `the tower on ${side} x ${side} pixels (${kind})`, unit: 'ms', values: ours },
        { name: `tower_${side}_plain`, label: 'a plain f16 graph', unit: 'ms', values: plain },
        {
          name: `tower_${side}_cosine`,
          label: 'cosine of the embeddings to full precision',
          unit: 'ratio',
          values: [cosine],
        },
      )
    }
    return {
      figures,
      ratios: [
        {
          name: 'encode',
          label: 'the tower against a plain f16 graph, the worse of two sizes',
          unit: 'ratio',
          values: worst,
        },
      ],
    }
  },
}

async function compareTowers(request: ToTowerPeer): Promise<Extract<FromTowerPeer, { type: 'compared' }>> {
  const { ask, close } = startChild<ToTowerPeer, FromTowerPeer>(
    new URL('../tower/peer.ts', import.meta.url),
    'The plain graph',
  )
  return ask(request).finally(close)
}
