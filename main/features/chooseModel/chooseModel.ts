import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '#contract'
import type { CatalogueEntry, Fit, Machine, Offer, Placement, Quantization, Recommendation } from '#contract'
import { anyPlacement, estimateFit, sizedModel } from '../../engine/index.ts'
import type { Engine, MachineFacts } from '../../engine/index.ts'
import type { Catalogue, ListedQuantization } from '../../services/catalogue/index.ts'

/** Free bytes on the disk of a folder that need not be there yet; 0 when the system does not tell. */
export async function freeDiskBytes(folder: string): Promise<number> {
  for (let path = folder; ; path = dirname(path))
    try {
      const { bavail, bsize } = await statfs(path)
      return bavail * bsize
    } catch {
      if (path === dirname(path)) return 0
    }
}

/** What a choice is made of: a quantization, and whether it would leave room for other programs. */
export interface Ranked {
  readonly quantization: Quantization
  /** Runs comfortably, with a context worth having, and leaves memory to others. */
  readonly isGood: boolean
}

/** The choice with why in a sentence; null with why there is none. */
export interface Choice {
  readonly ranked: Ranked | null
  readonly reason: string
}

const USUAL = 'Q4_K_M'
/** Where a repository has no Q4_K_M: bits per weight that count as such. */
const USUAL_BITS = 4.8
/** More bits change nothing that anyone would notice. */
const MOST_BITS = 9
const rank = { fast: 3, comfortable: 2, slow: 1, 'very slow': 0 } as const

/**
 * The quantization that suits this computer best. Of those that run well and lose little: the most exact that is fast,
 * else the quickest. Without one: the quickest that loses little, else the largest that fits.
 */
export function choose(all: readonly Ranked[]): Choice {
  const withEyes = all.filter(({ quantization }) => quantization.projector !== null)
  if (withEyes.length === 0) return { ranked: null, reason: 'No version of this model can see pictures here.' }
  const fitting = withEyes.filter(({ quantization }) => quantization.fit.level !== 'no')
  const [smallest] = withEyes
  if (fitting.length === 0) return { ranked: null, reason: smallest!.quantization.fit.sentence }
  const possible = fitting.filter(({ quantization }) => quantization.hasDiskSpace || quantization.modelId !== null)
  if (possible.length === 0)
    return { ranked: null, reason: 'There is not enough room on the disk for any version that would run.' }

  const usualBits = all.find(({ quantization }) => quantization.name === USUAL)?.quantization.bits ?? USUAL_BITS
  const exact = possible.filter(({ quantization: { bits } }) => bits >= usualBits && bits <= MOST_BITS)
  const good = exact.filter(({ isGood }) => isGood)
  const fast = good.filter(({ quantization }) => quantization.fit.speed === 'fast')
  const speed = ({ quantization: { fit } }: Ranked) => ` About ${tokens(fit.tokensPerSecond ?? 0)} tokens per second.`
  const found = fast.at(-1)
  if (found)
    return { ranked: found, reason: `The most exact version that is fast here. ${found.quantization.fit.sentence}` }
  if (good[0]) return { ranked: good[0], reason: `The quickest version that loses little.${speed(good[0])}` }
  if (exact[0])
    return {
      ranked: exact[0],
      reason: `The smallest version that loses little; it leaves little memory or is slow here.${speed(exact[0])}`,
    }
  const last = possible.filter(({ quantization: { bits } }) => bits < usualBits).at(-1) ?? possible[0]!
  return { ranked: last, reason: `The most exact version that fits; smaller ones answer worse.${speed(last)}` }
}

/** Sorts better choices first: good ones by `size`, the larger first; then others, the faster first. `tie` breaks ties. */
export function better<
  T extends {
    readonly isGood: boolean
    readonly size: number
    readonly tie: number
    readonly quantization: Quantization
  },
>(a: T, b: T): number {
  if (a.isGood !== b.isGood) return a.isGood ? -1 : 1
  const speed = (one: T) => rank[one.quantization.fit.speed ?? 'very slow']
  if (!a.isGood) return speed(b) - speed(a) || a.size - b.size || b.tie - a.tie
  return b.size - a.size || b.tie - a.tie || speed(b) - speed(a)
}

function tokens(perSecond: number): string {
  return perSecond.toLocaleString('en', { maximumFractionDigits: perSecond < 10 ? 1 : 0 })
}

export interface OffersParts {
  readonly catalogue: Pick<Catalogue, 'list' | 'shape' | 'listing'>
  readonly engine: Pick<Engine, 'machine'>
  /** Where downloaded models go. */
  readonly modelsFolder: () => string
  /** Id of the model of the library that was made of a quantization of an entry; null: none. */
  readonly modelOf: (entryId: string, quantization: string) => string | null
  readonly freeDiskBytes?: (folder: string) => Promise<number>
}

/** What the models of the catalogue are on this computer, and which of them suits it. */
export interface Offers {
  /** What this computer has. Starts the engine's process when it does not run. Throws what that throws. */
  machine(): Promise<Machine>
  /** Whether a download of so many bytes leaves some room on the disk of the models folder. */
  hasRoom(bytes: number): Promise<boolean>
  /** What an entry's repository holds, and how each of it would run here. Throws what `Catalogue.listing` throws. */
  offer(entryId: string, signal: AbortSignal): Promise<Offer>
  /**
   * The entry and quantization to begin with; null when nothing fits. Sources that do not answer are passed over.
   * @throws AppError as `Catalogue.listing` when none answers.
   */
  recommend(signal: AbortSignal): Promise<Recommendation | null>
}

/** A context that is worth having, in tokens. */
const WORTHWHILE_CONTEXT = 8192
const worthwhile: Placement = { ...anyPlacement, contextTokens: WORTHWHILE_CONTEXT }
/** Share of the free memory that a good choice takes at most, on each device. */
const HEADROOM = 0.85
/** What stays free on the disk after a download. */
const SPARE_DISK_BYTES = 512 * 2 ** 20

/** Combines the catalogue with what is known of this computer. */
export function createOffers({
  catalogue,
  engine,
  modelsFolder,
  modelOf,
  freeDiskBytes: diskOf = freeDiskBytes,
}: OffersParts): Offers {
  const entryOf = (entryId: string) => catalogue.list().find(({ id }) => id === entryId)

  /** An entry's listing with everything about this computer; throws NotFound as the listing does. */
  async function judge(entryId: string, signal: AbortSignal) {
    const listing = await catalogue.listing(entryId, signal)
    const entry = entryOf(entryId)!
    const [facts, free] = await Promise.all([engine.machine(), diskOf(modelsFolder())])
    const sized = (listed: ListedQuantization) =>
      sizedModel(catalogue.shape(entryId), {
        name: entry.name,
        textBytes: listed.textFiles.reduce((sum, { bytes }) => sum + bytes, 0),
        projectorBytes: listed.projector?.bytes ?? null,
        trainedContext: entry.contextTokens,
      })
    const ranked = listing.quantizations.map((listed): Ranked => {
      const model = sized(listed)
      const quantization: Quantization = {
        ...listed,
        hasDiskSpace: free >= listed.downloadBytes + SPARE_DISK_BYTES,
        modelId: modelOf(entryId, listed.name),
        fit: estimateFit(model, facts),
      }
      return { quantization, isGood: isGood(estimateFit(model, withHeadroom(facts), worthwhile), entry.contextTokens) }
    })
    return { entry, listing, ranked, choice: choose(ranked) }
  }

  return {
    async machine() {
      const folder = modelsFolder()
      const [facts, free] = await Promise.all([engine.machine(), diskOf(folder)])
      return { ...machineOf(facts), modelsFolder: folder, freeDiskBytes: free }
    },

    hasRoom: async (bytes) => (await diskOf(modelsFolder())) >= bytes + SPARE_DISK_BYTES,

    async offer(entryId, signal) {
      const { listing, ranked, choice } = await judge(entryId, signal)
      const { source, repository, revision, passedOver } = listing
      const quantizations = ranked.map(({ quantization }) => quantization)
      return {
        entryId,
        source,
        repository,
        revision,
        passedOver: [...passedOver],
        quantizations,
        recommended: choice.ranked?.quantization.name ?? null,
        reason: choice.reason,
      }
    },

    async recommend(signal) {
      const entries = catalogue.list().filter(({ kind }) => kind === 'instruct')
      const judged = await Promise.allSettled(entries.map(({ id }) => judge(id, signal)))
      signal.throwIfAborted()
      const answered = judged.filter((one) => one.status === 'fulfilled').map(({ value }) => value)
      const failures = judged.filter((one) => one.status === 'rejected').map(({ reason }) => reason as unknown)
      const failure =
        failures.find((reason) => !(reason instanceof AppError)) ?? (answered.length === 0 ? failures[0] : undefined)
      if (failure !== undefined) throw failure
      const candidates = answered.flatMap(({ entry, choice }) => {
        if (!choice.ranked) return []
        const { quantization, isGood } = choice.ranked
        return [{ entry, quantization, isGood, size: Number.parseFloat(entry.parameters), tie: tieOf(entry) }]
      })
      const [best] = candidates.sort(better)
      if (!best) return null
      const { entry, quantization } = best
      return {
        entryId: entry.id,
        name: entry.name,
        quantization: quantization.name,
        downloadBytes: quantization.downloadBytes,
        reason: reasonOf(best),
      }
    },
  }
}

/** Whether a model runs comfortably, with a worthwhile context or all that it was trained for. */
function isGood({ speed, contextTokens }: Fit, trainedContext: number): boolean {
  return (speed === 'fast' || speed === 'comfortable') && contextTokens >= Math.min(WORTHWHILE_CONTEXT, trainedContext)
}

/** The same computer with less free memory. */
function withHeadroom(facts: MachineFacts): MachineFacts {
  const devices = facts.devices.map((device) => ({ ...device, freeBytes: device.freeBytes * HEADROOM }))
  return { ...facts, systemFreeBytes: facts.systemFreeBytes * HEADROOM, devices }
}

/** Of models of one size the newer family goes first, then the one with the freer licence. */
function tieOf({ family, licence }: CatalogueEntry): number {
  return (family === 'qwen25vl' ? 2 : 0) + (licence.allowsCommercialUse ? 1 : 0)
}

function reasonOf({
  entry,
  quantization,
  isGood,
}: {
  entry: CatalogueEntry
  quantization: Quantization
  isGood: boolean
}): string {
  const { fit } = quantization
  const speed = `about ${Math.max(1, Math.round(fit.tokensPerSecond ?? 0))} tokens per second`
  const why = isGood
    ? `The largest model that runs well on this computer, at ${speed}.`
    : `The model that runs best on this computer, at ${speed}.`
  return entry.licence.allowsCommercialUse ? why : `${why} Its licence does not allow commercial use.`
}

function machineOf({
  cpu,
  cores,
  memoryBytes,
  systemFreeBytes,
  devices,
}: MachineFacts): Omit<Machine, 'modelsFolder' | 'freeDiskBytes'> {
  return {
    cpu,
    cores,
    memoryBytes,
    freeMemoryBytes: systemFreeBytes,
    gpus: devices
      .filter(({ kind }) => kind === 'gpu' || kind === 'integrated')
      .map(({ description, totalBytes, freeBytes, isShared }) => ({
        name: description,
        memoryBytes: totalBytes,
        freeBytes,
        isShared,
      })),
  }
}
