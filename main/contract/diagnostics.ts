import { oc } from '@orpc/contract'
import { z } from 'zod'

/** Facts that belong together, each with its name and its value for people. */
export const DiagnosticsSection = z.object({
  title: z.string(),
  rows: z.array(z.object({ name: z.string(), value: z.string() })),
})
export type DiagnosticsSection = z.infer<typeof DiagnosticsSection>

/**
 * What somebody who is to find a fault needs to know, and may see: no message, no name of a file, and `~` for the home
 * folder and the user's name.
 */
export const Diagnostics = z.object({
  sections: z.array(DiagnosticsSection),
  /** Warnings and errors of the log, the newest first. */
  errors: z.array(z.string()),
  /** The last lines of the log, the oldest first. */
  log: z.array(z.string()),
  logFolder: z.string(),
})
export type Diagnostics = z.infer<typeof Diagnostics>

export const diagnostics = {
  read: oc.output(Diagnostics),
  /** Shows the log's folder in the system's file manager. Only with the capability `reveal`. */
  showLogs: oc.output(z.void()),
}
