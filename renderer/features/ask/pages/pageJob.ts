import { create } from 'zustand'

/** Pages that are asked about one after the other. */
export interface PageJob {
  /** null until the first question has begun its conversation. */
  readonly conversationId: string | null
  /** The page that is asked about now, as it is called. */
  readonly page: string
  /** Which of how many it is, counted from 1. */
  readonly nth: number
  readonly total: number
}

/** The one job that goes on; null: none does. */
export const usePageJob = create<{ readonly job: PageJob | null }>(() => ({ job: null }))

/** What ends the job that goes on. */
let ending: AbortController | null = null

/** Ends the job: what is being answered is stopped, and what was answered stays. */
export const endPageJob = (): void => ending?.abort()

/** Ends the job that goes on; the controller of the one that begins now. */
export function beginPageJob(): AbortController {
  endPageJob()
  ending = new AbortController()
  return ending
}

/** The job of this controller is over, and nothing goes on unless another one has begun. */
export function closePageJob(own: AbortController): void {
  if (ending !== own) return
  ending = null
  usePageJob.setState({ job: null })
}
