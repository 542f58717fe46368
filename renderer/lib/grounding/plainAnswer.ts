/**
 * An answer as its words alone: without the tokens in which a model names places, of which the names stay. What reads well by
 * itself, as JSON does, stays as it is.
 */
export const plainAnswer = (text: string): string =>
  text.replace(/<\|box_start\|>[^]*?<\|box_end\|>/g, '').replace(/<\|object_ref_(?:start|end)\|>/g, '')
