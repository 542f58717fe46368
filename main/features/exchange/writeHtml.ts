import { createReadStream } from 'node:fs'
import type { Attachment, Part, PictureMark, VideoAttachment } from '#contract'
import { htmlOfNode, readDocument } from '../../lib/documents/index.ts'
import type { AttachmentGateway } from '../../services/media/index.ts'
import type { StoredMessage, WholeConversation } from '../../services/conversations/index.ts'
import type { Omissions } from './form.ts'
import { endingWords, momentOf, shownLine, speakerOf } from './writeMarkdown.ts'

type Files = Pick<AttachmentGateway, 'open'>

/** Videos up to this many bytes are part of a page. */
const MAX_VIDEO_BYTES = 64 * 1024 ** 2

/** Nothing is loaded or run, whatever stands in the page. */
const POLICY =
  "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"

const STYLE = `
:root { color-scheme: light dark; --ink: #1c1c1a; --muted: #6b6b66; --line: #e2e2dd; --soft: #f4f4f0; --page: #fff; --mark: #0b6bcb }
@media (prefers-color-scheme: dark) { :root { --ink: #ececea; --muted: #a2a29c; --line: #3a3a37; --soft: #2a2a28; --page: #1e1e1c; --mark: #6cb2ff } }
* { box-sizing: border-box }
body { margin: 0 auto; max-width: 46rem; padding: 2rem 1.25rem 4rem; font: 1rem/1.55 system-ui, sans-serif; color: var(--ink); background: var(--page); overflow-wrap: anywhere }
h1 { font-size: 1.35rem; line-height: 1.3; margin: 0 }
.when, .who, .note { color: var(--muted); font-size: .85rem }
.when { margin: .25rem 0 2rem }
article { margin: 0 0 2rem }
.who { margin: 0 0 .4rem }
.question .said { background: var(--soft); border-radius: .6rem; padding: .55rem .9rem; white-space: pre-wrap; margin: 0 0 .6rem }
figure { position: relative; display: inline-block; margin: 0 .5rem .6rem 0; max-width: 100%; line-height: 0 }
img, video { width: auto; height: auto; max-width: 100%; max-height: 32rem; border-radius: .4rem; background: var(--soft) }
.box, .point { position: absolute; border: 2px solid var(--mark); line-height: 1 }
.point { width: .8rem; height: .8rem; margin: -.4rem; border-radius: 50%; background: var(--page) }
.label { position: absolute; left: -2px; bottom: 100%; padding: .15rem .3rem; font-size: .7rem; white-space: nowrap; color: var(--page); background: var(--mark) }
details { margin: 0 0 .8rem; color: var(--muted) }
details p { white-space: pre-wrap }
pre { overflow-x: auto; padding: .75rem; background: var(--soft); border-radius: .4rem }
code { font-family: ui-monospace, monospace; font-size: .9em }
table { border-collapse: collapse; display: block; overflow-x: auto; margin: 0 0 1rem }
th, td { border: 1px solid var(--line); padding: .3rem .6rem; text-align: left; vertical-align: top }
blockquote { margin: 0 0 1rem; padding-left: .9rem; border-left: 3px solid var(--line) }
.beside { border-left: 3px solid var(--line); padding-left: .9rem }
@media print { body { max-width: none; padding: 0 } figure, pre, tr { break-inside: avoid } }
`

/**
 * The shown line of a conversation as a page that needs nothing else: pictures and small videos stand in it. Every word is escaped, there is no script, and
 * nothing is loaded. Given piece by piece, as the pictures are read. `omissions` hears of what is not in it.
 */
export async function* writeHtml(whole: WholeConversation, files: Files, omissions: Omissions): AsyncGenerator<string> {
  const { title, createdAt } = whole.conversation
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width">
<title>${escape(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<h1>${escape(title)}</h1>
<p class="when">${momentOf(createdAt)} · Sightline</p>
`
  for (const { message, version, versions, beside } of shownLine(whole)) {
    const place = versions > 1 ? ` · version ${version} of ${versions}` : ''
    yield `<article class="${message.role === 'user' ? 'question' : 'answer'}">\n`
    yield `<p class="who">${escape(speakerOf(message))} · ${momentOf(message.createdAt)}${place}</p>\n`
    yield* said(message, files, omissions)
    if (beside) {
      yield `<div class="beside">\n<p class="who">Beside it: ${escape(speakerOf(beside))}</p>\n`
      yield* said(beside, files, omissions)
      yield '</div>\n'
    }
    yield '</article>\n'
  }
  yield '</body>\n</html>\n'
}

async function* said(message: StoredMessage, files: Files, omissions: Omissions): AsyncGenerator<string> {
  for (const part of message.parts) yield* partHtml(part, message.role === 'assistant', files, omissions)
  if (message.job) yield note(`Job: ${message.job.label}`)
  if (message.format) yield note(`Answer as: ${message.format.name}`)
  const ending = endingWords(message)
  if (ending !== null) yield note(ending)
}

const note = (words: string): string => `<p class="note">${escape(words)}</p>\n`

async function* partHtml(part: Part, isAnswer: boolean, files: Files, omissions: Omissions): AsyncGenerator<string> {
  if (part.type === 'text') {
    if (part.text.trim() === '') return
    yield isAnswer ? `${markdownHtml(part.text)}\n` : `<p class="said">${escape(part.text)}</p>\n`
  } else if (part.type === 'reasoning') {
    yield `<details><summary>Thought</summary><p>${escape(part.text.trim())}</p></details>\n`
  } else if (part.type === 'image') {
    yield* figure(part.attachment, files, omissions, (part.marks ?? []).map(markHtml).join(''))
  } else if (part.type === 'video') {
    yield* video(part.attachment, files, omissions)
  } else {
    yield note(`Video of ${part.pictures.length} frames: ${part.name}`)
    for (const picture of part.pictures) yield* figure(picture, files, omissions, '')
  }
}

/** Markdown as HTML of our own elements, every word of it escaped. */
const markdownHtml = (text: string): string =>
  readDocument(text, 'markdown')
    .flatMap(({ blocks }) => blocks.flatMap(({ nodes }) => nodes.map((node) => htmlOfNode(node))))
    .join('\n')

async function* figure(picture: Attachment, files: Files, omissions: Omissions, marks: string): AsyncGenerator<string> {
  const file = await files.open(picture.sha).catch(() => null)
  if (file === null) {
    omissions.add('Pictures and videos whose files are gone from the data folder', picture.name)
    yield note(`Missing: ${picture.name}`)
    return
  }
  yield `<figure><img alt="${escape(picture.name)}" width="${picture.width}" height="${picture.height}" src="data:${escape(file.mime)};base64,`
  yield* base64(file.path)
  yield `">${marks}</figure>\n`
}

async function* video(attachment: VideoAttachment, files: Files, omissions: Omissions): AsyncGenerator<string> {
  const file = await files.open(attachment.sha).catch(() => null)
  if (file !== null && file.bytes <= MAX_VIDEO_BYTES) {
    yield `<figure><video controls preload="metadata" title="${escape(attachment.name)}" src="data:${escape(file.mime)};base64,`
    yield* base64(file.path)
    yield '"></video></figure>\n'
    return
  }
  const poster = await files.open(attachment.sha, 'thumb').catch(() => null)
  omissions.add(
    file === null
      ? 'Pictures and videos whose files are gone from the data folder'
      : 'Videos of more than 64 MB: a picture stands for each. The Markdown and JSON exports have them',
    attachment.name,
  )
  if (poster) {
    yield `<figure><img alt="${escape(attachment.name)}" src="data:${escape(poster.mime)};base64,`
    yield* base64(poster.path)
    yield '"></figure>\n'
  }
  yield note(`Video: ${attachment.name}`)
}

/** A file in base64: pieces of whole threes of bytes. */
async function* base64(path: string): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0)
  for await (const chunk of createReadStream(path, { highWaterMark: 3 * 256 * 1024 })) {
    const bytes = rest.length > 0 ? Buffer.concat([rest, chunk as Buffer]) : (chunk as Buffer)
    const whole = bytes.length - (bytes.length % 3)
    rest = bytes.subarray(whole)
    yield bytes.toString('base64', 0, whole)
  }
  yield rest.toString('base64')
}

const percent = (share: number): string => `${(share * 100).toFixed(2)}%`

function markHtml(mark: PictureMark): string {
  const label = mark.label ? `<span class="label">${escape(mark.label)}</span>` : ''
  if (mark.type === 'point')
    return `<span class="point" style="left:${percent(mark.x)};top:${percent(mark.y)}">${label}</span>`
  const [left, right] = [Math.min(mark.x1, mark.x2), Math.max(mark.x1, mark.x2)]
  const [top, bottom] = [Math.min(mark.y1, mark.y2), Math.max(mark.y1, mark.y2)]
  const place = `left:${percent(left)};top:${percent(top)};width:${percent(right - left)};height:${percent(bottom - top)}`
  return `<span class="box" style="${place}">${label}</span>`
}

const escape = (text: string): string =>
  text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
