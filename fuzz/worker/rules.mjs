/** A rule that is broken. */
export class Broken extends Error {
  constructor (rule, text) { super(text); this.rule = rule }
}

/** Two documents that should be equal are not. */
export class Different extends Broken {}

/** Throws unless the rule holds; text returns what was observed. */
export const demand = (holds, rule, text) => { if (!holds) throw new Broken(rule, text()) }
