import { statfs } from 'node:fs/promises'
import { dirname } from 'node:path'
import { AppError } from '#contract'
import type { CatalogueFits, Machine, Offer, Quantization, Recommendation } from '#contract'
import { estimateFit, sizedModel } from '../../engine/index.ts'
import type { Engine, MachineFacts } from '../../engine/index.ts'
import type { Catalogue, ListedQuantization } from '../../services/catalogue/index.ts'
import { entryFit, recommend, runsWell } from './recommend.ts'
import type { Recommended } from './recommend.ts'

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
   * The entry and quantization to begin with, the first of `recommend` that can be had; null when nothing fits. Sources that
   * do not answer are passed over. @throws AppError as `Catalogue.listing` when none answers.
   */
  recommend(signal: AbortSignal): Promise<Recommendation | null>
  /** How every entry would run here, and the first of `recommend`, by their shapes. Throws what `machine` throws. */
  fits(): Promise<CatalogueFits>
}

/** So many entries' sources are asked at once. */
const AT_ONCE = 3
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
  const candidates = () => catalogue.list().map((entry) => ({ entry, shape: catalogue.shape(entry.id) }))
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
      return { quantization, isGood: runsWell(model, facts) }
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
      const ranked = recommend(candidates(), await engine.machine())
      let failure: unknown = null
      for (let at = 0; at < ranked.length; at += AT_ONCE) {
        const asked = ranked.slice(at, at + AT_ONCE)
        const judged = await Promise.allSettled(asked.map(({ entry }) => judge(entry.id, signal)))
        signal.throwIfAborted()
        for (const [i, one] of judged.entries()) {
          if (one.status === 'rejected') {
            if (!(one.reason instanceof AppError)) throw one.reason
            failure ??= one.reason
          } else if (one.value.choice.ranked) return recommendationOf(asked[i]!, one.value.choice.ranked.quantization)
        }
        // who cannot be reached now is not asked for each of the others in turn
        if (judged.every((one) => one.status === 'rejected' && isUnreachable(one.reason))) break
      }
      if (failure !== null) throw failure
      return null
    },

    async fits() {
      const facts = await engine.machine()
      const [first] = recommend(candidates(), facts)
      return {
        entries: candidates().map((candidate) => entryFit(candidate, facts)),
        recommended: first ? { entryId: first.entry.id, reason: reasonOf(first) } : null,
      }
    },
  }
}

const isUnreachable = (reason: unknown) => reason instanceof AppError && reason.code === 'SourceUnreachable'

function recommendationOf(recommended: Recommended, { name, downloadBytes }: Quantization): Recommendation {
  const { entry } = recommended
  return { entryId: entry.id, name: entry.name, quantization: name, downloadBytes, reason: reasonOf(recommended) }
}

const reasonOf = ({ entry, reason }: Recommended) =>
  entry.licence.allowsCommercialUse ? reason : `${reason} Its licence does not allow commercial use.`

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
