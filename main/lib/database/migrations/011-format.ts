/** What the answers to a question are held to, as JSON of the contract's `ChosenFormat`; null: nothing. */
export const format = `
  ALTER TABLE messages ADD COLUMN format TEXT;
`
