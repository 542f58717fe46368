import { conversations } from './001-conversations.ts'
import { search } from './002-search.ts'
import { settings } from './003-settings.ts'
import { attachments } from './004-attachments.ts'
import { downloads } from './005-downloads.ts'
import { library } from './006-library.ts'
import { benchmarks } from './007-benchmarks.ts'
import { seen } from './008-seen.ts'
import { beside } from './009-beside.ts'
import { videos } from './010-videos.ts'
import { format } from './011-format.ts'
import { families } from './012-families.ts'
import { downloadSources } from './013-download-sources.ts'
import { grams } from './014-grams.ts'
import { drafts } from './015-drafts.ts'
import { thoughts } from './016-thoughts.ts'
import { profiles } from './017-profiles.ts'
import { traits } from './018-traits.ts'
import { shelves } from './019-shelves.ts'
import { branches } from './020-branches.ts'
import { titles } from './021-titles.ts'
import { folders } from './022-folders.ts'
import { descriptions } from './023-descriptions.ts'
import { covers } from './024-covers.ts'
import { presets } from './025-presets.ts'
import { pageTexts } from './026-page-texts.ts'
import { numbers } from './027-numbers.ts'

/** SQL of every schema version: entry 0 makes version 1 of an empty file, entry n makes version n + 1 of version n. Only ever append. */
export const migrations: readonly string[] = [
  conversations,
  search,
  settings,
  attachments,
  downloads,
  library,
  benchmarks,
  seen,
  beside,
  videos,
  format,
  families,
  downloadSources,
  grams,
  drafts,
  thoughts,
  profiles,
  traits,
  shelves,
  branches,
  titles,
  folders,
  descriptions,
  covers,
  presets,
  pageTexts,
  numbers,
]
