import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import sharp from 'sharp'
import { startShellProcess } from '../../main/testing/shellProcess.ts'
import { storeConversations } from './houseData.ts'

/** How much there is: one conversation with so many messages and pictures, and so many conversations. */
export const SCALE = { messages: 5000, pictures: 1000, conversations: 10_000 } as const

/** So many of the newest messages are asked about; the others were left out of the last answer. */
const ASKED = 8

/** Fills a data folder through a checkout's own code: pictures as a window sends them, then conversations. The long one comes last. */
export async function fillScale(
  checkout: string,
  data: string,
  conversations: number = SCALE.conversations,
): Promise<void> {
  const pictures = join(data, 'pictures.json')
  writeFileSync(pictures, JSON.stringify(await storePictures(checkout, data)))
  await storeConversations(
    checkout,
    data,
    `const attachments = JSON.parse((await import('node:fs')).readFileSync(${JSON.stringify(pictures)}, 'utf8'))
     for (let made = 0; made < ${conversations - 1}; )
       store.db.transaction(() => { for (let n = 0; n < 500 && made < ${conversations - 1}; n++, made++) exchange(null, text(60), text(120)) })()
     store.db.transaction(() => {
       let id = null
       const turns = ${SCALE.messages / 2}
       for (let turn = 0; turn < turns; turn++) {
         const picture = attachments[turn / turns * ${SCALE.pictures} | 0]
         const isNew = turn === 0 || picture !== attachments[(turn - 1) / turns * ${SCALE.pictures} | 0]
         const parts = [...(isNew ? [{ type: 'image', attachment: picture }] : []), { type: 'text', text: text(100) }]
         const leftOut = turn < ${ASKED} ? 0 : 2 * turn - ${ASKED}
         const sent = conversations.ask({ conversationId: id, parts, model: 'Bench', leftOut })
         conversations.append(sent.answerId, '## ' + text(30) + '\\n\\n- one\\n- **two**\\n\\n' + text(400) + '\\n\\n| a | b |\\n| - | - |\\n| 1 | 2 |')
         conversations.finish(sent.answerId, { status: 'complete' })
         id = sent.conversationId
       }
     })()`,
  )
}

/** Has a checkout store small pictures, each of another colour; returns what it says of them. */
async function storePictures(checkout: string, data: string): Promise<unknown[]> {
  const shell = await startShellProcess({ checkout, data })
  const attachments: unknown[] = []
  for (let n = 0; n < SCALE.pictures; n++) {
    const background = { r: n % 256, g: (n >> 2) % 256, b: (n * 7) % 256 }
    const bytes = await sharp({ create: { width: 56, height: 56, channels: 3, background } })
      .png()
      .toBuffer()
    const { status, answer } = await shell.upload({ name: `${n}.png` }, Readable.from([bytes]))
    if (status !== 200) throw new Error(`Picture ${n} was answered with ${status}: ${JSON.stringify(answer)}`)
    attachments.push(answer)
  }
  await shell.end()
  return attachments
}
