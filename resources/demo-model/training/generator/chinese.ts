import { chineseQuestions } from './chineseQuestions.ts'
import { clock } from './language.ts'
import type { Voice } from './language.ts'

const sideText = { left: '左边', right: '右边', above: '上面', below: '下面' } as const
const directionText = { left: '左', right: '右', up: '上', down: '下' } as const
const shapes = {
  circle: '圆形',
  square: '正方形',
  triangle: '三角形',
  star: '星形',
  diamond: '菱形',
  heart: '心形',
  cross: '十字形',
  ring: '圆环',
} as const

export const chinese: Voice = {
  language: 'zh',
  questions: chineseQuestions,
  colours: {
    red: '红色',
    green: '绿色',
    blue: '蓝色',
    yellow: '黄色',
    orange: '橙色',
    purple: '紫色',
    pink: '粉色',
    brown: '棕色',
    black: '黑色',
    white: '白色',
    gray: '灰色',
  },
  shapes,
  shapesPlural: shapes,
  sideNames: sideText,
  ordinal: (n) => ['一', '二', '三', '四'][n - 1]!,
  thing: ({ colour, shape }) => `${chinese.colours[colour]}的${shapes[shape]}`,
  aThing: (thing) => `一个${chinese.thing(thing)}`,
  theThing: (thing) => chinese.thing(thing),
  things: (count, thing) => (count === 1 ? chinese.aThing(thing) : `${count}个${chinese.thing(thing)}`),
  objects: (count) => `${count}个图形`,
  list: (names) => (names.length === 1 ? names[0]! : `${names.slice(0, -1).join('、')}和${names.at(-1)}`),
  printed: (text) => (/^\d+$/.test(text) ? `数字${text}` : `单词"${text}"`),
  caption: (text) => `${text}。`,
  onBackground: (caption, background) => `${chinese.colours[background]}背景上有${caption}。`,
  itIs: (name) => `是${name}。`,
  colourOf: (thing) => `${shapes[thing.shape]}是${chinese.colours[thing.colour]}。`,
  aShape: (shape) => shapes[shape],
  backgroundIs: (colour) => `背景是${chinese.colours[colour]}。`,
  exists: (thing, does) => (does ? `是的，有${chinese.aThing(thing)}。` : `不，没有${chinese.thing(thing)}。`),
  each: (captions) => captions.map((caption, i) => `图片${i + 1}：${caption}。`).join(''),
  nth: (n, caption) => `图片${n}是${caption}。`,
  differs: (captions, n) => `${chinese.each(captions)}图片${n}不同。`,
  same: (captions, are) => `${chinese.each(captions)}它们${are ? '相同' : '不同'}。`,
  thereAre: (count, what) => (count === 0 ? `没有${what}。` : `有${count}个${what}。`),
  relation: (a, b, side) => `${chinese.thing(a)}在${chinese.thing(b)}的${sideText[side]}。`,
  yesNo: (yes, a, b, side) => `${chinese.relation(a, b, side).slice(0, -1)}，所以${yes ? '是的' : '不是'}。`,
  says: (text) => `上面写着"${text}"。`,
  number: (text) => (text === null ? '图片里没有数字。' : `数字是${text}。`),
  change: (change) => {
    if (change.kind === 'move') return `${chinese.aThing(change.thing)}向${directionText[change.direction]}移动。`
    const at = `在${clock(change.second)}，`
    if (change.kind === 'appear') return `${at}出现了${chinese.aThing(change.thing)}。`
    if (change.kind === 'disappear') return `${at}${chinese.thing(change.thing)}消失了。`
    return `${at}${chinese.thing(change.thing)}变成了${change.kind === 'recolour' ? chinese.colours[change.to.colour] : shapes[change.to.shape]}。`
  },
  moves: (direction) => `向${directionText[direction]}移动。`,
  at: (second) => `在${clock(second)}。`,
  hello: '你好！请给我看一张简单的图片，然后提问。',
  welcome: '不客气。',
  who: '我是一个很小的演示模型，可以描述简单的图形。',
  noPicture: '我没有看到图片，请添加一张。',
  unknown: '我只是一个演示模型，不知道这个。请问我关于简单图形的问题。',
  unknownPicture: '我只是一个演示模型，不认识这张图片。',
}
