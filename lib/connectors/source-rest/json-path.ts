import type { JsonText } from './json-text.ts'

/**
 * The value at a JSON pointer (RFC 6901) or, without a leading slash, at names joined by dots; "." = the whole. A number counts
 * in a list, -1 is its last value; a key that holds dots itself is found too.
 */
export const valueAt = (json: JsonText, root: number, path: string): number | undefined => {
  let at: number | undefined = root
  let steps = stepsOf(path)
  while (at !== undefined && steps.length > 0) {
    const [step = '', ...rest] = steps
    if (json.kind(at) === 'list') {
      at = /^(-?[1-9]\d*|0)$/.test(step) ? json.elements(at).at(Number(step)) : undefined
    } else if (json.kind(at) === 'object') {
      const whole: number | undefined = path.startsWith('/') ? undefined : json.member(at, steps.join('.'))
      if (whole !== undefined) return whole
      at = json.member(at, step)
    } else return undefined
    steps = rest
  }
  return at
}

/** The names of a path, outermost first. */
export const stepsOf = (path: string): readonly string[] =>
  path.startsWith('/')
    ? path
        .slice(1)
        .split('/')
        .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    : path.split('.').filter((step) => step !== '')
