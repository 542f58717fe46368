import { oc, eventIterator } from '@orpc/contract'
import { z } from 'zod'
import { PassedOver, SourceName } from './catalogue.ts'
import { ErrorInfo } from './errors.ts'

/**
 * `queued`: waits for others. `checking`: reads the first bytes of the files to see whether they can be used. `running`. `retrying`: lost the connection, waits until `retryAt`. `paused`: by the user.
 * `verifying`: all is there, the digest is computed. `failed`: `error` says why; resuming goes on from what is there.
 * `done`: verified and in the list of models.
 */
export const DownloadState = z.enum([
  'queued',
  'checking',
  'running',
  'retrying',
  'paused',
  'verifying',
  'failed',
  'done',
])
export type DownloadState = z.infer<typeof DownloadState>

/** One job: the files of a model and its projector. Sizes in bytes, times in ms since 1970. */
export const Download = z.object({
  id: z.string(),
  /** Name of the model with its quantization, for people. */
  name: z.string(),
  /** Of the catalogue's entry, or of the repository that was typed. */
  entryId: z.string(),
  quantization: z.string(),
  /** Where it comes from; null for one that an earlier version began. */
  from: z.object({ source: SourceName, repository: z.string() }).nullable(),
  /** Where it does not come from and why. */
  passedOver: z.array(PassedOver),
  state: DownloadState,
  files: z.array(z.object({ path: z.string(), bytes: z.int(), doneBytes: z.int() })),
  bytes: z.int(),
  doneBytes: z.int(),
  bytesPerSecond: z.number().nullable(),
  secondsLeft: z.number().nullable(),
  retryAt: z.number().nullable(),
  error: ErrorInfo.nullable(),
  /** Place in the queue; the smallest goes first. */
  position: z.int(),
  /** The model that was made of it, once done. */
  modelId: z.string().nullable(),
  startedAt: z.number(),
})
export type Download = z.infer<typeof Download>

/** What is to be downloaded: of the catalogue, or a language model and a projector by their paths in a repository. */
export const DownloadSelection = z.union([
  z.object({ entryId: z.string(), quantization: z.string() }),
  z.object({ repositoryId: z.string().max(600), text: z.string().max(512), projector: z.string().max(512).nullable() }),
])
export type DownloadSelection = z.infer<typeof DownloadSelection>

const byId = z.object({ id: z.string() })

export const downloads = {
  /** All jobs at once, then again whenever one changes (at most four times a second). */
  watch: oc.output(eventIterator(z.array(Download))),
  /**
   * Queues a quantization of a catalogue entry, or a language model of a repository with a projector of it. One that is on its way or done is answered as it is. When it is done its
   * model is in the library, and takes the demo model's place where that is the current one.
   */
  start: oc.input(DownloadSelection).output(Download),
  pause: oc.input(byId).output(z.void()),
  /** Goes on with a paused or failed job, from what is there. */
  resume: oc.input(byId).output(z.void()),
  /** Makes it the first of the queue. */
  prioritise: oc.input(byId).output(z.void()),
  /** Ends the job and deletes what was downloaded; a job that is done only leaves the list. */
  remove: oc.input(byId).output(z.void()),
}
