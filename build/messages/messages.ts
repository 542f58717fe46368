import { getCatalogs } from '@lingui/cli/api'
import { getConfig } from '@lingui/conf'

/** Rooms whose words are not in the catalogue yet: what they have may still lack its Chinese. */
const NOT_DONE = /^renderer\/features\/(ask\/[^/]+|conversation\/.*)$/

/** What is wrong with the catalogues, a line each: not what the code says, or a message of a done room without its Chinese. */
export async function faults(): Promise<string[]> {
  const found: string[] = []
  for (const catalog of await getCatalogs(getConfig())) {
    const inCode = await catalog.collect()
    if (!inCode) return ['The messages could not be read from the code.']
    for (const locale of catalog.locales) {
      const stored = (await catalog.read(locale)) ?? {}
      for (const id of Object.keys(inCode))
        if (!Object.hasOwn(stored, id)) found.push(`${locale}: lacks “${inCode[id]?.message ?? id}”`)
      for (const [id, { message, obsolete }] of Object.entries(stored))
        if (!obsolete && !Object.hasOwn(inCode, id))
          found.push(`${locale}: “${message ?? id}” is not in the code any more`)
    }
    const chinese = (await catalog.read('zh-Hans')) ?? {}
    for (const [id, { message, origin }] of Object.entries(inCode)) {
      const isDone = origin.some(([file]) => !NOT_DONE.test(file))
      if (isDone && !chinese[id]?.translation) found.push(`zh-Hans: no translation of “${message ?? id}”`)
    }
  }
  return found
}

/** Part of `npm run lint`; `npm run messages` brings the catalogues up to date. */
if (import.meta.main) {
  const found = await faults()
  for (const fault of found) console.error(fault)
  if (found.length > 0) {
    console.error('Run "npm run messages", then write what is missing into renderer/locales/zh-Hans.po.')
    process.exitCode = 1
  }
}
