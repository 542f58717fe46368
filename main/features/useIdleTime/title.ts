/** So much of question and answer is read for a title, in characters. */
const QUESTION_CHARACTERS = 400
const ANSWER_CHARACTERS = 600
/** Characters of a title at most. */
const LONGEST = 60

/** What models put around a title: quotation marks of several languages, and Markdown. */
const AROUND = '"\'`*_“”„‘’«»《》「」『』'

/** What asks for a title, in the language that the title is to have where that is plain. */
const asking = {
  zh: (question: string, answer: string) =>
    `问题：${question}\n\n回答：${answer}\n\n请为以上对话写一个标题，不超过十二个字，使用问题的语言。只写标题。`,
  any: (question: string, answer: string) =>
    `Question: ${question}\n\nAnswer: ${answer}\n\nWrite a title for this conversation, of at most six words, in the language of the question. Write the title only.`,
}

/** Han characters without the kana of Japanese. */
const isChinese = (text: string): boolean =>
  /\p{Script=Han}/u.test(text) && !/[\p{Script=Hiragana}\p{Script=Katakana}]/u.test(text)

const begin = (text: string, length: number): string => [...text].slice(0, length).join('')

/** The words that ask a model for the title of a conversation that begins so. */
export function titlePrompt({ question, answer }: { readonly question: string; readonly answer: string }): string {
  const ask = isChinese(question) ? asking.zh : asking.any
  return ask(begin(question, QUESTION_CHARACTERS), begin(answer, ANSWER_CHARACTERS))
}

/** A title as models write it, without what they put around it; null: it is none. At most 60 characters. */
export function titleFrom(written: string): string | null {
  const line = written
    .replace(/<\|[^|]*\|>/g, '')
    .split('\n')
    .map((one) => one.trim())
    .find((one) => /[\p{L}\p{N}]/u.test(one))
  if (line === undefined) return null
  const bare = line
    .replace(/^[#>*\-\s]+/, '')
    .replace(/^\**(title|标题)\**\s*[:：]\s*/iu, '')
    .replace(new RegExp(`^[${AROUND}\\s]+|[${AROUND}.。\\s]+$`, 'gu'), '')
    .replace(/\s+/gu, ' ')
  const characters = [...bare]
  if (!/[\p{L}\p{N}]/u.test(bare)) return null
  return characters.length <= LONGEST
    ? bare
    : `${characters
        .slice(0, LONGEST - 1)
        .join('')
        .trimEnd()}…`
}
