import type { HostDescription } from '#contract'
import { pictureUrl } from '../../lib/host.ts'
import type { Picture } from './state.ts'

/** Kinds that are read and that no Chromium shows: the core makes pictures of them that it does. */
const notForBrowsers: ReadonlySet<string> = new Set(['image/heic', 'image/tiff'])

/** Where the window finds a picture of the composer: the file as it was dropped, or what the core makes of one that is not shown. */
export function addressOf(
  { preview, attachment }: Picture,
  host: HostDescription | null,
  size: 'full' | 'thumb' = 'full',
): string {
  return attachment && notForBrowsers.has(attachment.mime)
    ? (pictureUrl(host, attachment.sha, size) ?? preview)
    : preview
}
