/** The field of the question that is composed; null where none is shown. */
export const questionField = (): HTMLTextAreaElement | null =>
  document.querySelector<HTMLTextAreaElement>('textarea[data-question]')
