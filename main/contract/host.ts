import { eventIterator, oc } from '@orpc/contract'
import { z } from 'zod'

/** What the shell around the core can do; the window shows what is there and never asks which shell it is. */
export const HostDescription = z.object({
  name: z.string(),
  version: z.string(),
  platform: z.enum(['win32', 'darwin', 'linux', 'other']),
  capabilities: z.object({
    fileDialogs: z.boolean(),
    capture: z.boolean(),
    /** Whether the app has an icon in the system's tray while it runs. */
    tray: z.boolean(),
    globalShortcuts: z.boolean(),
    secretStorage: z.boolean(),
    /** Whether a file can be shown in the system's file manager. */
    reveal: z.boolean(),
  }),
  /**
   * Where bytes travel. `POST <attachments>?name=...` with the file as body stores it and answers an `Attachment` as
   * JSON (or an `ErrorInfo` with a 4xx or 5xx status); `GET <attachments><sha>` is the file itself and
   * `GET <attachments><sha>?size=thumb` a picture of at most 512 x 512 pixels for lists.
   */
  attachments: z.string(),
})
export type HostDescription = z.infer<typeof HostDescription>

/** What the user asks of the window from outside of it: in the tray or the app's menu. */
export const HostCommand = z.object({ type: z.enum(['newConversation']) })
export type HostCommand = z.infer<typeof HostCommand>

export const host = {
  describe: oc.output(HostDescription),
  /** Lets the user pick one file on this computer; null when the dialog was closed. Only with `fileDialogs`. */
  pickFile: oc.input(z.object({ title: z.string(), extensions: z.array(z.string()) })).output(z.string().nullable()),
  /** Commands as they come; those from before are not told. */
  watch: oc.output(eventIterator(HostCommand)),
}
