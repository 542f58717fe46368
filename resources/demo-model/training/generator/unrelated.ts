import { chinese as chineseVoice } from './chinese.ts'
import { colourNames } from './colours.ts'
import { english as englishVoice } from './english.ts'
import type { Language } from './language.ts'
import type { Random } from './random.ts'
import { shapeNames } from './scene.ts'
import { chineseWords, everydayWords, foreignSentences, properNames, smallWords } from './words.ts'

/** Question forms; `{n}` a noun or other word, `{N}` a name, `{d}` a number. */
const english: readonly string[] = [
  'What is the capital of {N}?',
  'Who invented the {n}?',
  'Who was {N}?',
  'Where is {N}?',
  'When was {N} born?',
  'How old is {N}?',
  'Who wrote {N}?',
  'Who is the king of {N}?',
  'What language do they speak in {N}?',
  'Tell me a {n} about a {n}.',
  'Tell me a joke.',
  'Write a {n} about {N}.',
  'Write a poem about the {n}.',
  'Write an essay on {n} and {n}.',
  'Write a {n} to my {n}.',
  'Write a function that can {n} a {n}.',
  'Write code that sorts a list of {n}s in {N}.',
  'How do I {n} a {n}?',
  'How can I {n} my {n}?',
  'How many {n}s are in a {n}?',
  'How much does a {n} cost?',
  'How far is it from {N} to {N}?',
  'How long does it take to {n} a {n}?',
  'How tall is {N}?',
  'How do you say {n} in {N}?',
  'How does a {n} work?',
  'How deep is the {n}?',
  'Why is the {n} {n}?',
  'Why do {n}s {n}?',
  'Why did {N} {n}?',
  'What does {n} mean?',
  'Why is the {n} {c}?',
  'How do I draw a {s}?',
  'What does {c} mean?',
  'What is the area of a {s}?',
  'Write a poem about a {c} {s}.',
  'Which {n}s are {c}?',
  'How do I cut a {s} out of {n}?',
  'What is a {n}?',
  'What is the best {n} in {N}?',
  'What is the {n} of {n}?',
  'What is {d} + {d}?',
  'What is {d} times {d}?',
  'What is {d} - {d}?',
  'Calculate {d} / {d}.',
  'Solve x + {d} = {d}.',
  'What is the square root of {d}?',
  'What time is it?',
  'What time is it in {N}?',
  'What day is it?',
  'What is the weather in {N}?',
  'Will it rain on {N}?',
  'Translate {n} into {N}.',
  'Translate "{n} {n}" to {N}.',
  'Explain {n}.',
  'Explain {n} to a child.',
  'Give me a recipe for {n} with {n}.',
  'Give me advice about my {n}.',
  'Give me ten ideas for a {n}.',
  'Recommend a {n}.',
  'Recommend a book about {n}.',
  'Summarize the {n} of {N}.',
  'Should I {n} or {n}?',
  'Should I buy a {n}?',
  'Is {n} {n}?',
  'Is a {n} {n} than a {n}?',
  'Can {n}s {n}?',
  'Do you like {n}?',
  'Do you know {N}?',
  'Can you {n}?',
  'Can you help me {n} my {n}?',
  'I want to {n} a {n}.',
  'I feel {n} today.',
  'My {n} is {n}.',
  'Let us {n}.',
  'List {d} {n}s.',
  'Name three {n}s.',
  'Define {n}.',
  'Compare {n} and {n}.',
  'Which is better, {n} or {n}?',
  'Which {n} is the {n} in {N}?',
  'Who painted this?',
  'Who took this photo?',
  'Where was this made?',
  'How much is this worth?',
  'When was this picture taken?',
  'What is the person thinking?',
  'What breed is this {n}?',
  'Is this {n} safe to eat?',
  'What brand is this?',
  'Is the man happy?',
  'What is the woman wearing?',
  'Where can I buy this?',
  'What year is the {n} from?',
  'Is this real?',
  'What song is this?',
  'Who won the {n} in {d}?',
  'What happened in {d}?',
  'Convert {d} miles to meters.',
  'What are the news?',
  'Play some {n}.',
  'Set a timer for {d} minutes.',
  'Remind me to {n}.',
  'Book a {n} to {N}.',
  'Open the {n}.',
  'Call {N}.',
  'print("{n}")',
  'for (let i = 0; i < {d}; i++) {n}()',
  'SELECT {n} FROM {n};',
  'def {n}(x): return x + {d}',
  'git {n} --{n}',
  'Fix this code: {n} = {n} + {d}',
  '<{n}>{n}</{n}>',
  'Debug this error: {n} is not {n}',
]
const chinese: readonly string[] = [
  '{n}的首都是哪里？',
  '{n}是谁？',
  '{n}在哪里？',
  '谁发明了{n}？',
  '请写一首关于{n}的诗。',
  '写一篇关于{n}的文章。',
  '给我讲一个{n}的故事。',
  '讲个笑话。',
  '怎么{n}？',
  '如何学习{n}？',
  '{n}多少钱？',
  '为什么{n}这么{n}？',
  '{n}是什么意思？',
  '{n}为什么是{c}？',
  '怎么画{s}？',
  '{c}代表什么？',
  '{s}的面积怎么算？',
  '写一首关于{c}的诗。',
  '什么是{n}？',
  '{d}加{d}等于多少？',
  '{d}乘以{d}是多少？',
  '{d}减{d}等于几？',
  '现在几点？',
  '今天{n}怎么样？',
  '明天会下雨吗？',
  '把{n}翻译成英语。',
  '“{n}”用英语怎么说？',
  '解释一下{n}。',
  '推荐一本关于{n}的书。',
  '推荐一部电影。',
  '{n}和{n}有什么区别？',
  '{n}和{n}哪个更好？',
  '我想{n}，怎么办？',
  '你喜欢{n}吗？',
  '你知道{n}吗？',
  '你会{n}吗？',
  '请帮我{n}。',
  '{n}有多高？',
  '从{n}到{n}有多远？',
  '{n}是哪一年发生的？',
  '列出{d}个{n}。',
  '用Python写一个{n}程序。',
  '总结一下{n}的{n}。',
  '我今天很{n}。',
  '我应该{n}还是{n}？',
  '这是谁画的？',
  '这张照片是什么时候拍的？',
  '这个值多少钱？',
  '这个人在想什么？',
  '哪里可以买到这个？',
  '她穿的是什么？',
  '这是什么牌子？',
  '谁写了{n}？',
  '{n}的作者是谁？',
  '世界上最{n}的{n}是什么？',
  '请给我一些{n}的建议。',
  '{n}怎么做才好吃？',
  '一年有多少天？',
  '帮我定一张去{n}的票。',
  '播放{n}。',
]

/** Something to ask that has nothing to do with drawings of shapes. */
export function unrelatedQuestion(random: Random, language: Language): string {
  const words = language === 'zh' ? chineseWords : everydayWords
  const text = random.weighted({ form: 62, words: 20, foreign: 9, letters: 5, sum: 4 })
  if (text === 'foreign') return random.pick(foreignSentences)
  if (text === 'letters')
    return (
      Array.from({ length: random.int(2, 24) }, () =>
        random.pick([...'abcdefghijklmnopqrstuvwxyz ABCDE.,!?0123456789']),
      )
        .join('')
        .trim() || 'x'
    )
  if (text === 'sum')
    return `${random.below(1000)} ${random.pick(['+', '-', '*', '/', 'x'])} ${random.below(1000)}${random.pick(['', ' =', ' = ?', '=?'])}`
  if (text === 'words') return sentence(random, language)
  return fill(random.pick(language === 'zh' ? chinese : english), random, words)
}

function fill(form: string, random: Random, words: readonly string[]): string {
  const voice = words === chineseWords ? chineseVoice : englishVoice
  return form.replace(/\{(\w)\}/g, (_, slot: string) => {
    if (slot === 'd') return String(random.below(random.pick([10, 100, 2000])))
    if (slot === 'c') return voice.colours[random.pick(colourNames)]
    if (slot === 's') return voice.shapes[random.pick(shapeNames)]
    return random.pick(slot === 'N' ? properNames : words)
  })
}

/** Words in no order that means anything. */
function sentence(random: Random, language: Language): string {
  const count = random.int(1, 10)
  if (language === 'zh')
    return Array.from({ length: count }, () => random.pick(chineseWords)).join('') + random.pick(['？', '。', '', '！'])
  const words = Array.from({ length: count }, () =>
    random.pick(random.chance(0.5) ? smallWords : random.chance(0.85) ? everydayWords : properNames),
  )
  const text = words.join(' ')
  return (random.chance(0.6) ? text[0]!.toUpperCase() + text.slice(1) : text) + random.pick(['?', '.', '', '!'])
}
