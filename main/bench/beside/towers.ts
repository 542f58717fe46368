import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { AppError, toErrorInfo } from '#contract'
import { encodePng } from '../../lib/workload.ts'
import { startChild } from '../childProcess.ts'
import type { ChildProcess } from '../childProcess.ts'
import { cosine } from '../statistics.ts'
import { noise } from '../tower/noise.ts'
import type { TowerSetting } from '../tower/openTower.ts'
import type { FromEncodePeer, ToEncodePeer } from '../tower/protocol.ts'
import { Lines, inTurns } from './comparison.ts'
import type { Compared, Side, Target } from './comparison.ts'
import { runMtmd } from './llamaTools.ts'
import type { BesideModel, Stage, StageOptions } from './stages.ts'

const here = fileURLToPath(new URL('../../..', import.meta.url))
const settings = ['exact', 'balanced', 'fastest'] as const
type Setting = (typeof settings)[number]
const OTHER = 'the other checkout'
const MTMD = 'llama-mtmd-cli'
/** In pixels: a picture that warms up, whatever a token's side is. */
const WARM_SIDE = 224

interface Encoded {
  readonly ms: number
  readonly peakBytes: number
  readonly embeddings: Float32Array | null
}

/** A tower in a process of its own. */
interface TowerProcess {
  /** What it multiplies with. */
  readonly kind: string
  encode(side: number, wantsEmbeddings?: boolean): Promise<Encoded>
  close(): Promise<void>
}

async function startTower(
  name: string,
  checkout: string,
  { projectorPath, bytes }: BesideModel,
  setting: TowerSetting,
): Promise<TowerProcess> {
  const child: ChildProcess<ToEncodePeer, FromEncodePeer> = startChild(
    new URL('../tower/encodePeer.ts', import.meta.url),
    `The tower of ${name}`,
  )
  try {
    const opened = await child.ask({ op: 'open', checkout, projectorPath, setting, modelBytes: bytes })
    return {
      kind: opened.type === 'opened' ? opened.kind : '',
      encode: async (side, wantsEmbeddings = false) => {
        const reply = await child.ask({ op: 'encode', side, wantsEmbeddings })
        if (reply.type !== 'encoded') throw new AppError('EngineFailed', `The tower of ${name} encoded nothing.`)
        return reply
      },
      close: child.close,
    }
  } catch (error) {
    await child.close()
    throw error
  }
}

/** A side whose process is started, and warmed up, when it is first measured. */
class TowerSide implements Side<'ms'> {
  readonly name: string
  private readonly start: () => Promise<TowerProcess>
  private readonly side: number
  private tower: TowerProcess | null = null

  constructor(name: string, side: number, start: () => Promise<TowerProcess>) {
    this.name = name
    this.side = side
    this.start = start
  }

  readonly measure = async (): Promise<{ ms: number }> => {
    if (!this.tower) {
      this.tower = await this.start()
      await this.tower.encode(WARM_SIDE)
    }
    const { ms } = await this.tower.encode(this.side)
    return { ms }
  }

  get kind(): string {
    return this.tower?.kind ?? ''
  }

  async embeddings(): Promise<Float32Array> {
    const { embeddings } = await this.tower!.encode(this.side, true)
    return embeddings!
  }

  async close(): Promise<void> {
    await this.tower?.close()
    this.tower = null
  }
}

interface EncodeTargets {
  readonly other: Partial<Record<Setting, Target>>
  readonly mtmd: Partial<Record<Setting, Target>>
}

/**
 * One picture with the three settings, the other checkout's tower of Qwen2-VL and llama-mtmd-cli, in turns. Loading is not
 * measured. `withCosine`: against ggml in single precision, a minute more for 672 x 672 pixels.
 */
export function encodeStage(
  name: string,
  family: 'qwen2vl' | 'qwen3vl',
  side: number,
  withCosine: boolean,
  targets: EncodeTargets,
): Stage {
  const pixels = `${side} x ${side}`
  const shape = family === 'qwen3vl' ? ', Qwen3-VL' : ''
  return {
    name,
    async run({ models, checkout, tools, rounds, threads }: StageOptions): Promise<Compared> {
      const model = models[family]
      const folder = await mkdtemp(path.join(tmpdir(), 'sightline-bench-'))
      const towers = [
        new TowerSide(OTHER, side, () => startTower(OTHER, checkout, models.qwen2vl, 'balanced')),
        ...settings.map((setting) => new TowerSide(setting, side, () => startTower(setting, here, model, setting))),
      ]
      try {
        const picturePath = path.join(folder, 'picture.png')
        await writeFile(picturePath, encodePng(noise(side), side, side))
        const mtmd: Side<'ms'> = {
          name: MTMD,
          measure: async () => {
            const program = tools[MTMD] ?? missing(MTMD)
            return { ms: await runMtmd(program, { ...model, picturePath, threads }) }
          },
        }
        const { values, others } = await inTurns([...towers, mtmd], rounds)
        const lines = new Lines()
        for (const { name: sideName, kind } of towers) {
          const id = sideName === OTHER ? 'other' : sideName
          const of = sideName === OTHER ? '' : shape
          const how = kind && ` (${kind})`
          lines.figure(`${name}_${id}`, `encode ${pixels}${of}, ${sideName}${how}`, 'ms', values(sideName, 'ms'))
        }
        lines.figure(`${name}_mtmd`, `encode ${pixels}${shape}, ${MTMD}`, 'ms', values(MTMD, 'ms'))
        const against = shape ? `${OTHER}'s Qwen2-VL` : OTHER
        for (const setting of settings) {
          const label = `encode ${pixels}${shape}, ${setting}, against`
          const ours = values(setting, 'ms')
          lines.ratio(
            `${name}_${setting}_other`,
            `${label} ${against}`,
            ours,
            values(OTHER, 'ms'),
            targets.other[setting] ?? null,
          )
          lines.ratio(
            `${name}_${setting}_mtmd`,
            `${label} ${MTMD}`,
            ours,
            values(MTMD, 'ms'),
            targets.mtmd[setting] ?? null,
          )
        }
        if (withCosine) await addCosines(lines, name, `${pixels}${shape}`, model, side, towers)
        return lines.done(name, others)
      } finally {
        await Promise.all(towers.map((tower) => tower.close()))
        await rm(folder, { recursive: true, force: true })
      }
    },
  }
}

async function addCosines(
  lines: Lines,
  name: string,
  picture: string,
  model: BesideModel,
  side: number,
  towers: readonly TowerSide[],
): Promise<void> {
  const embeddings = new Map<string, Float32Array | { reason: string }>()
  const orReason = (error: unknown) => ({ reason: toErrorInfo(error).message })
  for (const tower of towers) {
    if (tower.name !== OTHER) embeddings.set(tower.name, await tower.embeddings().catch(orReason))
    // its memory is needed for the weights in single precision
    await tower.close()
  }
  const exact = new TowerSide('reference', side, () => startTower('single precision', here, model, 'reference'))
  const reference = await exact
    .measure()
    .then(() => exact.embeddings())
    .catch(orReason)
    .finally(() => exact.close())
  for (const setting of settings) {
    const ours = embeddings.get(setting)!
    const value = 'reason' in ours ? ours : 'reason' in reference ? reference : cosine(ours, reference)
    const atLeast = setting === 'exact' ? 0.9999999 : 0.999
    lines.cosine(`${name}_${setting}_cosine`, `encode ${picture}, ${setting}, cosine to f32`, value, { atLeast })
  }
}

/** The most memory of a process that opens a tower and encodes one picture; once for each side, as it does not vary. */
export function memoryStage(name: string, side: number, target: Target): Stage {
  return {
    name,
    async run({ models, checkout }: StageOptions): Promise<Compared> {
      const sideOf = (sideName: string, folder: string, setting: TowerSetting): Side<'peak' | 'ms'> => ({
        name: sideName,
        measure: async () => {
          const tower = await startTower(sideName, folder, models.qwen2vl, setting)
          try {
            const { peakBytes, ms } = await tower.encode(side)
            return { peak: peakBytes, ms }
          } finally {
            await tower.close()
          }
        },
      })
      const sides = [sideOf(OTHER, checkout, 'balanced'), ...settings.map((setting) => sideOf(setting, here, setting))]
      const { values, others } = await inTurns(sides, 1)
      const lines = new Lines()
      for (const { name: sideName } of sides) {
        const id = sideName === OTHER ? 'other' : sideName
        const label = `encoding ${side} x ${side}, ${sideName}`
        lines.figure(`${name}_${id}`, `memory, ${label}`, 'bytes', values(sideName, 'peak'))
        lines.figure(`${name}_${id}_ms`, `time, ${label}`, 'ms', values(sideName, 'ms'))
      }
      for (const setting of settings)
        lines.ratio(
          `${name}_${setting}_other`,
          `memory, encoding ${side} x ${side}, ${setting}, against ${OTHER}`,
          values(setting, 'peak'),
          values(OTHER, 'peak'),
          target,
        )
      return lines.done(name, others)
    },
  }
}

/** @throws AppError NotFound. */
export function missing(tool: string): never {
  throw new AppError('NotFound', `${tool} is not on the PATH`)
}
